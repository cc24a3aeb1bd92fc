//! Shared memory that a manager makes.

use poolproof_runtime as mp;

use super::run;
use mp::Context;

pub(super) fn blocks(context: Context) {
    fn by_name(name: String) {
        let block = mp::SharedMemory::attach(&name).unwrap();
        block.write(0, b"there").unwrap();
    }
    let manager = context.manager().unwrap();
    let blocks: Vec<_> = (1..4)
        .map(|size| manager.shared_memory(size * 10).unwrap())
        .collect();
    let names: Vec<_> = blocks
        .iter()
        .map(|block| block.name().unwrap().to_owned())
        .collect();
    assert_eq!(blocks[1].size(), 20);
    run(context, by_name, names[1].clone());
    let mut bytes = [0; 5];
    blocks[1].read(0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"there");
    // One whose makers are gone keeps its name; one that was unlinked does no harm.
    let kept = names[0].clone();
    blocks[2].unlink().unwrap();
    drop(blocks);
    mp::SharedMemory::attach(&kept).unwrap();
    assert!(manager.shared_memory(0).unwrap_err().is_value());
    assert!(manager.shared_memory(1 << 62).is_err());
    manager.shutdown();
    for name in names {
        assert!(mp::SharedMemory::attach(&name).unwrap_err().is_missing());
    }
}

pub(super) fn list(context: Context) {
    fn change(list: mp::ShareableList) {
        list.set(1, 43).unwrap();
    }
    let manager = context.manager().unwrap();
    let list = manager.shareable_list(["spam".into(), 42.into()]).unwrap();
    run(context, change, list.clone());
    assert_eq!(list.get(1).unwrap(), mp::Item::Int(43));
    let name = list.memory().name().unwrap().to_owned();
    assert_eq!(mp::ShareableList::attach(&name).unwrap().len(), 2);
    drop(manager);
    assert!(mp::ShareableList::attach(&name).unwrap_err().is_missing());
    // Who has it keeps it.
    assert_eq!(list.get(0).unwrap(), mp::Item::Str("spam".into()));
}
