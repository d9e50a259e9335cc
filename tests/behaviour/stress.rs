//! Much of everything at once. `ANYSERIAL_STRESS_MIB` says how many mebibytes go each way;
//! without it few do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyserial::{Control, OwnedReadHalf, OwnedWriteHalf};
use anyserial_tests::{Env, Task};
use futures_lite::future::{or, yield_now};

use crate::bytes::Noise;

/// A number below `bound`, from three bytes of noise.
fn below(random: &mut Noise, bound: usize) -> usize {
    let number = random
        .take(3)
        .fold(0, |all, byte| all << 8 | usize::from(byte));
    number % bound
}

/// Now and then a pause: of a turn of the executor, or of a moment in which the far end has
/// everything read.
async fn pause(env: &Env, random: &mut Noise) {
    match below(random, 64) {
        0 => {
            let time = Duration::from_micros(below(random, 300) as u64);
            env.sleep(time).await;
        }
        1..8 => yield_now().await,
        _ => {}
    }
}

async fn send(env: Env, mut write: OwnedWriteHalf, length: u64, seed: u64) -> OwnedWriteHalf {
    let (mut data, mut random) = (Noise::new(seed), Noise::new(seed + 1));
    let mut left = length;
    while left > 0 {
        // Mostly a few bytes, at times more than any queue holds.
        let most = [16, 200, 4096, 10_000][below(&mut random, 4)];
        let size = (1 + below(&mut random, most)).min(usize::try_from(left).unwrap());
        let chunk: Vec<u8> = data.by_ref().take(size).collect();
        write.send(&chunk).await.unwrap();
        left -= size as u64;
        pause(&env, &mut random).await;
    }
    write
}

async fn receive(
    env: Env,
    mut read: OwnedReadHalf,
    length: u64,
    seed: u64,
    received: Arc<AtomicU64>,
) -> OwnedReadHalf {
    let (mut data, mut random) = (Noise::new(seed), Noise::new(seed + 2));
    let mut buf = vec![0; 9000];
    let mut count = 0;
    while count < length {
        let most = [4, 300, 9000][below(&mut random, 3)];
        let size = 1 + below(&mut random, most);
        let some = read.receive(&mut buf[..size]).await.unwrap();
        for (index, byte) in buf[..some].iter().enumerate() {
            let expected = data.next().unwrap();
            assert!(
                *byte == expected,
                "byte {}: {byte} is not {expected}",
                count + index as u64
            );
        }
        count += some as u64;
        received.store(count, Ordering::Relaxed);
        pause(&env, &mut random).await;
    }
    read
}

/// Ends only by a panic: when nothing has been received for so long that the receiver must be
/// parked.
async fn watch(env: &Env, ends: [(Control, Arc<AtomicU64>); 2], length: u64) {
    let mut before = [u64::MAX; 2];
    loop {
        env.sleep(Duration::from_secs(10)).await;
        for ((control, received), before) in ends.iter().zip(&mut before) {
            let now = received.load(Ordering::Relaxed);
            assert!(
                now == length || now != *before,
                "parked after {now} of {length} bytes with {:?} waiting",
                control.input_waiting()
            );
            *before = now;
        }
    }
}

pub(crate) async fn random_chunks_and_pauses(env: Env) {
    let mebibytes = std::env::var("ANYSERIAL_STRESS_MIB").map_or(2, |text| text.parse().unwrap());
    let length: u64 = mebibytes << 20;
    let (near, far) = env.pty_pair().await;
    let received: [Arc<AtomicU64>; 2] = Default::default();
    let [near_received, far_received] = received.clone();
    let ends = [
        (near.control(), Arc::clone(&near_received)),
        (far.control(), Arc::clone(&far_received)),
    ];
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let writers: [Task<OwnedWriteHalf>; 2] = [
        env.spawn(send(env.clone(), near_write, length, 100)),
        env.spawn(send(env.clone(), far_write, length, 200)),
    ];
    let readers = [
        env.spawn(receive(env.clone(), near_read, length, 200, near_received)),
        env.spawn(receive(env.clone(), far_read, length, 100, far_received)),
    ];
    let all = async {
        // The halves are kept to the end: see `bytes::both_ways_at_once`.
        let mut kept = (Vec::new(), Vec::new());
        for writer in writers {
            kept.0.push(writer.join().await);
        }
        for reader in readers {
            kept.1.push(reader.join().await);
        }
    };
    or(all, watch(&env, ends, length)).await;
}
