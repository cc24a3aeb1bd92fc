//! A run file with something of everything.

use poolproof_case::{Ending, Outcome, StartMethod};
use poolproof_report::{
    Foot, Head, Observation, Record, Rejection, RunFile, Sometimes, Unused, VERSION, Verdict,
};

pub(crate) fn file() -> RunFile {
    let mut records = Vec::new();
    for method in StartMethod::ALL {
        records.push(record(
            "seed/pool_map",
            "reference",
            method,
            Verdict::Conforms,
        ));
        records.push(record(
            "seed/process_signals",
            "reference",
            method,
            Verdict::Conforms,
        ));
        records.push(record(
            "seed/pool_map",
            "cpython-3.13",
            method,
            Verdict::Conforms,
        ));
    }
    records.push(unsupported());
    records.push(deviation());
    records.push(leak());
    let mut known = record(
        "seed/pool_callbacks",
        "cpython-3.13",
        StartMethod::Fork,
        Verdict::Known,
    );
    known.sometimes = vec![Sometimes {
        claim: "Sometimes(Before(\"a\", \"b\"))".to_owned(),
        seen: false,
    }];
    known.reason =
        Some("PM-POOL-CALLBACK-001: a callback is lost (https://example.org/issues/1)".to_owned());
    records.push(known);
    RunFile {
        head: Head {
            version: VERSION,
            started: 1_763_800_000,
            system: "Linux 6.18".to_owned(),
            cores: 2,
            memory_bytes: 8 << 30,
            tool: "0.1.0".to_owned(),
            command: "poolproof run seed --seed 7".to_owned(),
            id: "4f2a".to_owned(),
            isolation: String::new(),
            shortages: Vec::new(),
            unused: vec![Unused {
                program: "/usr/bin/python3.99".to_owned(),
                reason: "it gives no answer (exit 1)".to_owned(),
            }],
            spread: Some(0.07),
        },
        cases: Vec::new(),
        records,
        foot: Some(Foot {
            cases: 4,
            runs: 170,
            seconds: 12.34,
            exit: 1,
            sampler: Some(0.004),
        }),
    }
}

pub(crate) fn record(
    case: &str,
    driver: &str,
    start_method: StartMethod,
    verdict: Verdict,
) -> Record {
    Record {
        case: case.to_owned(),
        case_hash: "0123456789abcdef".to_owned(),
        driver: driver.to_owned(),
        program: "/usr/bin/driver".to_owned(),
        system: String::new(),
        driver_version: format!("{driver} on this machine"),
        start_method,
        verdict,
        runs: 10,
        infrastructure: 0,
        seen: 1,
        allowed: Some("1".to_owned()),
        bounded: false,
        seed: 7,
        observations: vec![observation(&["[1, 4, 9]"], true)],
        title: String::new(),
        clauses: Vec::new(),
        reason: None,
        replay: None,
        sometimes: Vec::new(),
        seconds: None,
        memory: None,
        figures: Vec::new(),
        relations: Vec::new(),
    }
}

fn observation(lines: &[&str], allowed: bool) -> Observation {
    Observation {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ending: Ending::Exit(0),
        left: 0,
        plan: "pauses".to_owned(),
        count: 10,
        allowed,
        seed: Some(11),
        known: None,
        rejection: None,
        leaked: Vec::new(),
        stderr: String::new(),
        seconds: None,
    }
}

fn unsupported() -> Record {
    let method = StartMethod::Threads;
    let mut record = record(
        "seed/process_signals",
        "cpython-3.13",
        method,
        Verdict::Unsupported,
    );
    record.reason = Some("`Process.kill` does not exist where processes are threads".to_owned());
    record.observations.clear();
    record.runs = 0;
    record.seen = 0;
    record
}

fn deviation() -> Record {
    let method = StartMethod::Spawn;
    let mut record = record(
        "seed/hello_under_lock",
        "cpython-3.13",
        method,
        Verdict::Deviates,
    );
    record.title = "One lock keeps each process's two lines together".to_owned();
    record.clauses = vec!["PM-LOCK-MUTEX-001".to_owned()];
    record.allowed = Some("6".to_owned());
    record.seen = 4;
    let mut forbidden = observation(&["hello 0", "hello 1", "bye 0", "bye 1"], false);
    forbidden.count = 3;
    forbidden.rejection = Some(Rejection {
        accepted: 1,
        expected: vec!["bye 0".to_owned()],
        nearest: Outcome {
            lines: ["hello 0", "bye 0", "hello 1", "bye 1"]
                .map(str::to_owned)
                .to_vec(),
            ending: Ending::Exit(0),
            left: 0,
        },
        interleaving: None,
        followed: None,
    });
    record.observations.push(forbidden);
    record.replay = Some(
        "poolproof replay seed/hello_under_lock --driver cpython-3.13 --start-method spawn \
         --plan pauses --seed 11"
            .to_owned(),
    );
    record
}

fn leak() -> Record {
    let method = StartMethod::Fork;
    let mut record = record("seed/manager_dict", "fake/leaks", method, Verdict::Broken);
    record.infrastructure = 2;
    record.observations[0].leaked = vec!["process 4 of the program still lived".to_owned()];
    record.reason = Some("a process was left behind".to_owned());
    record
}
