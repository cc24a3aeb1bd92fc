//! Processes in a row, with a queue between each and the next: one makes numbers, two work on
//! them, this one collects.
//!
//! `cargo run -p poolproof-runtime --example pipeline`

use poolproof_runtime as mp;

/// What goes through the queues; the end is said, since a queue has none of its own.
#[derive(serde::Serialize, serde::Deserialize)]
enum Item {
    Number(u64),
    End,
}

const WORKERS: usize = 2;

fn make((count, numbers): (u64, mp::Queue<Item>)) -> mp::Result<()> {
    for number in 1..=count {
        numbers.put(Item::Number(number))?;
    }
    // One end for each that takes from this queue.
    (0..WORKERS).try_for_each(|_| numbers.put(Item::End))
}

fn cube((numbers, cubes): (mp::Queue<Item>, mp::Queue<Item>)) -> mp::Result<()> {
    while let Item::Number(number) = numbers.get()? {
        cubes.put(Item::Number(number.pow(3)))?;
    }
    cubes.put(Item::End)
}

fn main() -> mp::Result<()> {
    mp::freeze_support();
    let context = mp::Context::default();

    // A bound makes a fast maker wait for slow workers.
    let numbers = context.queue(Some(8))?;
    let cubes = context.queue(None)?;

    let mut processes = vec![context.process(make, (100, numbers.clone())).start()?];
    for _ in 0..WORKERS {
        // Queues travel as arguments, like any other value.
        let queues = (numbers.clone(), cubes.clone());
        processes.push(context.process(cube, queues).start()?);
    }

    let (mut sum, mut ends) = (0, 0);
    while ends < WORKERS {
        match cubes.get()? {
            Item::Number(number) => sum += number,
            Item::End => ends += 1,
        }
    }
    for process in processes {
        process.join(None)?;
    }
    println!("the sum of the first 100 cubes is {sum}");
    assert_eq!(sum, 25_502_500);
    Ok(())
}
