//! A manager keeps a dictionary that processes share over TCP, with nothing but its address and a
//! key: they could as well be on other machines.
//!
//! `cargo run -p poolproof-runtime --example manager_over_tcp`

use poolproof_runtime as mp;

const KEY: &[u8] = b"known to all who may come";

/// Counts a text's words; it has nothing from its starter but an address.
fn count((address, text): (String, String)) -> mp::Result<()> {
    let manager = mp::Manager::connect(&address.parse()?, KEY)?;
    let counts = manager.shared_dict::<String, u64>("words")?;
    let counting = manager.shared_lock("counting")?;
    for word in text.split_whitespace() {
        // Reading and writing are two calls: a lock lets nobody come between.
        let _held = counting.acquire()?;
        let count = counts.get(&word.into())?.unwrap_or(0);
        counts.insert(&word.into(), &(count + 1))?;
    }
    Ok(())
}

fn main() -> mp::Result<()> {
    mp::freeze_support();

    // Port 0 lets the system choose a free one.
    let manager = mp::Manager::serve(&"127.0.0.1:0".parse()?, KEY)?;
    let counts = manager.dict::<String, u64>()?;
    manager.share("words", &counts)?;
    manager.share("counting", &manager.lock()?)?;

    let context = mp::Context::default();
    let mut processes = Vec::new();
    for text in ["a rose is a rose", "is a rose"] {
        let argument = (manager.address().to_string(), text.to_owned());
        processes.push(context.process(count, argument).start()?);
    }
    for process in processes {
        process.join(None)?;
    }

    let mut words = counts.items()?;
    words.sort();
    println!("{words:?}");
    let expected = [("a", 3), ("is", 2), ("rose", 3)];
    assert_eq!(
        words,
        expected.map(|(word, count)| (word.to_owned(), count))
    );

    // Who does not know the key is refused.
    let stranger = mp::Manager::connect(&manager.address(), b"a guess");
    assert!(stranger.is_err_and(|error| error.is_auth()));
    Ok(())
}
