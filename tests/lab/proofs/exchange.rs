//! Bytes over every cable, both ways.

use std::time::Instant;

use anyserial_lab::{Acm, Cable, Ftdi, Uart, Usb};
use anyserial_tests::Env;

use crate::bench::{open_both, receive};

pub(crate) async fn uart(env: Env) {
    both_ways(env, &Uart, 115_200).await;
}

pub(crate) async fn usb(env: Env) {
    both_ways(env, &Usb, 115_200).await;
}

pub(crate) async fn ftdi(env: Env) {
    both_ways(env, &Ftdi::new(), 115_200).await;
}

/// The device's end of a CDC-ACM cable knows one baud rate.
pub(crate) async fn acm(env: Env) {
    both_ways(env, &Acm::new(), 9600).await;
}

/// A question, an answer, and every value that a byte can have, each way.
async fn both_ways(env: Env, cable: &impl Cable, baud_rate: u32) {
    let (mut near, mut far) = open_both(&env, cable, baud_rate).await;
    let began = Instant::now();
    near.send(b"*IDN?\n").await.unwrap();
    assert_eq!(receive(&env, &mut far, 6).await, b"*IDN?\n");
    far.send(b"anyserial,lab\n").await.unwrap();
    assert_eq!(receive(&env, &mut near, 14).await, b"anyserial,lab\n");
    println!(
        "{}: question and answer in {:.1?}",
        cable.name(),
        began.elapsed()
    );

    let all: Vec<u8> = (0..=255).collect();
    near.send(&all).await.unwrap();
    assert_eq!(receive(&env, &mut far, 256).await, all);
    far.send(&all).await.unwrap();
    assert_eq!(receive(&env, &mut near, 256).await, all);

    env.bounded(near.drain()).await.unwrap();
    near.close().await.unwrap();
    far.close().await.unwrap();
}
