//! Documents say what is: each name of Python's stands in its table, and each trial that is named
//! exists.

use libtest_mimic::Trial;

use crate::{Outcome, hold};

const PYTHON: &str = include_str!("../../docs/python.md");
const FAILURES: &str = include_str!("../../docs/failures.md");

/// How many failures the document has.
const ROWS: usize = 56;

/// Every public name of Python's `multiprocessing` and of `concurrent.futures`'s processes.
const NAMES: &str = "
    get_context set_start_method get_start_method get_all_start_methods set_executable
    set_forkserver_preload freeze_support cpu_count current_process parent_process active_children
    get_logger log_to_stderr allow_connection_pickling reducer ProcessError BufferTooShort
    TimeoutError AuthenticationError Process Pipe Queue SimpleQueue JoinableQueue Lock RLock Semaphore
    BoundedSemaphore Condition Event Barrier Value Array RawValue RawArray Pool Manager
    run start join is_alive exitcode pid ident sentinel terminate kill close name daemon authkey
    interrupt
    send recv send_bytes recv_bytes recv_bytes_into poll fileno closed readable writable Listener
    accept address last_accepted Client wait deliver_challenge answer_challenge XmlListener XmlClient
    ConnectionWrapper
    put put_nowait get get_nowait qsize empty full join_thread cancel_join_thread task_done
    acquire release locked get_value wait_for notify notify_all is_set set clear reset abort parties
    n_waiting broken BrokenBarrierError
    value raw get_lock get_obj copy synchronized SharedMemory buf size unlink ShareableList count index
    format shm SharedMemoryManager
    BaseManager connect get_server serve_forever shutdown register list dict Namespace BaseProxy
    MakeProxyType AutoProxy ListProxy DictProxy debug_info number_of_objects
    apply apply_async map map_async starmap starmap_async imap imap_unordered next AsyncResult ready
    successful MaybeEncodingError RemoteTraceback ExceptionWithTraceback ThreadPool dummy
    ProcessPoolExecutor submit Future result exception done running cancelled cancel
    add_done_callback as_completed BrokenProcessPool CancelledError terminate_workers kill_workers
";

/// Trials of the documents, which know the names of all others.
pub(crate) fn trials(others: &[Trial]) -> Vec<Trial> {
    let names: Vec<_> = others.iter().map(|trial| trial.name().to_owned()).collect();
    vec![
        Trial::test(
            "documents/every_name_of_python_s_stands_beside_ours",
            every_name,
        ),
        Trial::test(
            "documents/every_failure_is_shown_by_a_trial_that_exists",
            move || every_failure(&names),
        ),
    ]
}

/// The words in the first cells of the tables.
fn every_name() -> Outcome {
    let rows = PYTHON.lines().filter(|line| line.starts_with("| `"));
    let cells: String = rows.filter_map(|row| row.split('|').nth(1)).collect();
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let words: Vec<_> = cells.split(|char| !is_word(char)).collect();
    let missing: Vec<_> = NAMES
        .split_whitespace()
        .filter(|name| !words.contains(name))
        .collect();
    hold(
        missing.is_empty(),
        &format!("not in docs/python.md: {missing:?}"),
    )
}

/// A system may lack a start method or a signal, and with it some trials.
fn every_failure(names: &[String]) -> Outcome {
    let rows: Vec<_> = FAILURES
        .lines()
        .filter(|line| line.contains(" | "))
        .collect();
    // Two lines are the table's head.
    hold(rows.len() == ROWS + 2, &format!("{} lines", rows.len()))?;
    let cells = rows[2..].iter().filter_map(|row| row.split('|').nth(4));
    let named = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_there = |named: &str| {
        named.contains('.')
            || names
                .iter()
                .any(|name| name.rsplit('/').next() == Some(named))
    };
    let missing: Vec<_> = named.filter(|named| !is_there(named)).collect();
    hold(
        missing.is_empty() || cfg!(not(unix)),
        &format!("docs/failures.md names trials that do not exist: {missing:?}"),
    )
}
