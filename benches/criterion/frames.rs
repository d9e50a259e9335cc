//! Frames out of a stream: `Buffered` beside a loop by hand, from memory, where nothing else costs.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "criterion's macros, and a bench may stop"
)]

use anyserial::Buffered;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_lite::AsyncReadExt;
use futures_lite::future::block_on;
use futures_lite::io::Cursor;

/// Lines of this length, 1 MiB of them.
fn lines(length: usize) -> (Vec<u8>, usize) {
    let line = [vec![b'x'; length - 2], b"\r\n".to_vec()].concat();
    let count = (1 << 20) / length;
    (line.repeat(count), count)
}

async fn by_hand(data: &[u8], count: usize) -> usize {
    let mut stream = Cursor::new(data);
    let (mut space, mut start, mut end) = (vec![0; 4096], 0, 0);
    let mut bytes = 0;
    for _ in 0..count {
        let length = loop {
            match memchr::memmem::find(&space[start..end], b"\r\n") {
                Some(length) => break length,
                None => {
                    space.copy_within(start..end, 0);
                    (start, end) = (0, end - start);
                    end += stream.read(&mut space[end..]).await.unwrap();
                }
            }
        };
        bytes += std::hint::black_box(&space[start..start + length]).len();
        start += length + 2;
    }
    bytes
}

async fn buffered(data: &[u8], count: usize) -> usize {
    let mut stream = Buffered::new(Cursor::new(data));
    let mut bytes = 0;
    for _ in 0..count {
        let frame = stream.receive_until(b"\r\n", 4000).await.unwrap();
        bytes += std::hint::black_box(frame).len();
    }
    bytes
}

fn frames(criterion: &mut Criterion) {
    for length in [16, 64, 256] {
        let (data, count) = lines(length);
        let mut group = criterion.benchmark_group(format!("lines of {length} bytes"));
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter("by hand"), |bencher| {
            bencher.iter(|| block_on(by_hand(&data, count)));
        });
        group.bench_function(BenchmarkId::from_parameter("Buffered"), |bencher| {
            bencher.iter(|| block_on(buffered(&data, count)));
        });
    }
}

criterion_group!(benches, frames);
criterion_main!(benches);
