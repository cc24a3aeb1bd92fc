//! A run file with something of everything.

use poolproof_case::{Ending, Outcome, StartMethod, Unit};
use poolproof_report::{
    Automaton, BehaviourRecord, CaseRecord, ClauseRecord, EndingRecord, EnvironmentRecord, Figure,
    Foot, Head, Holds, Interleaving, Interval, Memory, NodeRecord, Observation, ProgramRecord,
    Record, Rejection, RelationRecord, RunFile, Sometimes, Step, Unused, VERSION, Verdict,
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
        let mut other = record("seed/pool_map", "cpython-3.13", method, Verdict::Conforms);
        if method == StartMethod::Forkserver {
            let known = "not in 10 runs (at 95 %: below 26 %): PM-POOL-MAP-001: it forgets";
            other.stale = vec![known.to_owned()];
        }
        records.push(other);
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
    records.push(measured());
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
            environments: vec![EnvironmentRecord {
                drivers: vec!["reference".to_owned()],
                environment: "LANG=C.UTF-8; all of the user's".to_owned(),
            }],
            unused: vec![Unused {
                program: "/usr/bin/python3.99".to_owned(),
                reason: "it gives no answer (exit 1)".to_owned(),
            }],
            spread: Some(0.07),
            ..Head::default()
        },
        cases: vec![case()],
        records,
        foot: Some(Foot {
            cases: 4,
            runs: 170,
            seconds: 12.34,
            exit: 1,
            sampler: Some(0.004),
            not_made: 0,
        }),
    }
}

pub(crate) fn record(
    case: &str,
    driver: &str,
    start_method: StartMethod,
    verdict: Verdict,
) -> Record {
    let is_python = driver.starts_with("cpython");
    let of_python = |text: &str| if is_python { text } else { "" }.to_owned();
    Record {
        case: case.to_owned(),
        case_hash: "0123456789abcdef".to_owned(),
        driver: driver.to_owned(),
        program: "/usr/bin/driver".to_owned(),
        module: of_python("billiard"),
        python: of_python("CPython 3.13.0"),
        driver_argument: is_python.then(|| "--python /usr/bin/driver".to_owned()),
        system: String::new(),
        run: String::new(),
        driver_version: format!("{driver} on this machine"),
        start_method,
        verdict,
        runs: 10,
        infrastructure: 0,
        undefined: 0,
        seen: 1,
        allowed: Some("1".to_owned()),
        bounded: false,
        seed: 7,
        observations: vec![observation(&["[1, 4, 9]"], true)],
        title: String::new(),
        clauses: Vec::new(),
        reason: None,
        argument: None,
        replay: None,
        sometimes: Vec::new(),
        stale: Vec::new(),
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
        undefined: false,
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
        offends: vec![ClauseRecord {
            id: "PM-QUEUE-ORDER-001".to_owned(),
            level: "MUST".to_owned(),
            text: "Values that one process put come out in its order.".to_owned(),
        }],
        accepted: 1,
        expected: vec!["bye 0".to_owned()],
        nearest: Outcome {
            lines: ["hello 0", "bye 0", "hello 1", "bye 1"]
                .map(str::to_owned)
                .to_vec(),
            ending: Ending::Exit(0),
            left: 0,
        },
        interleaving: Some(interleaving()),
        followed: None,
    });
    forbidden.stderr = "Traceback \u{1b}[31m<most recent call last>\n  boom\n".to_owned();
    record.memory = Some(Memory {
        private: Some(12 << 20),
        proportional: Some(20 << 20),
        anonymous: Some(9 << 20),
        processes: 3,
        largest: Some(5 << 20),
        looks: 4,
        absent: None,
        series: vec![(0.01, 4 << 20), (0.05, 9 << 20), (0.2, 12 << 20)],
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

fn words(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn interleaving() -> Interleaving {
    let step = |process: &str, does: &str, line: Option<&str>| Step {
        process: process.to_owned(),
        does: does.to_owned(),
        line: line.map(str::to_owned),
    };
    Interleaving {
        steps: vec![
            step("main", "starts process 1", None),
            step("main", "starts process 2", None),
            step("process 1", "prints", Some("hello 0")),
            step("process 1", "prints", Some("bye 0")),
            step("process 2", "prints", Some("hello 1")),
            step("process 2", "prints", Some("bye 1")),
        ],
        shortest: true,
    }
}

/// The case of the deviation: two orders are allowed, of which the run has shown none.
pub(crate) fn case() -> CaseRecord {
    let lines = words(&["hello 0", "bye 0", "hello 1", "bye 1"]);
    let order = |places: [usize; 4]| Outcome {
        lines: places.map(|place| lines[place].clone()).to_vec(),
        ending: Ending::Exit(0),
        left: 0,
    };
    let node = |edges: &[(u32, u32)], endings: &[u32]| NodeRecord {
        edges: edges.to_vec(),
        endings: endings.to_vec(),
    };
    CaseRecord {
        id: "seed/hello_under_lock".to_owned(),
        hash: "0123456789abcdef".to_owned(),
        area: "seed".to_owned(),
        title: "One lock keeps each process's two lines together".to_owned(),
        clauses: vec![ClauseRecord {
            id: "PM-LOCK-MUTEX-001".to_owned(),
            level: "MUST".to_owned(),
            text: "A lock is held by one process at a time.".to_owned(),
        }],
        ron: "Case(\n    title: \"One lock\",\n)\n".to_owned(),
        programs: vec![ProgramRecord {
            contender: None,
            python: Some(
                "import multiprocessing\n\nif __name__ == \"__main__\":\n    main()\n".to_owned(),
            ),
            absent: None,
        }],
        behaviours: vec![BehaviourRecord {
            start_methods: StartMethod::ALL.to_vec(),
            count: Some("2".to_owned()),
            bounded: false,
            nodes: 8,
            outcomes: vec![order([0, 1, 2, 3]), order([2, 3, 0, 1])],
            automaton: Some(Automaton {
                lines: lines.clone(),
                endings: vec![EndingRecord {
                    ending: Ending::Exit(0),
                    left: 0,
                }],
                nodes: vec![
                    node(&[(0, 1), (2, 2)], &[]),
                    node(&[(1, 3)], &[]),
                    node(&[(3, 4)], &[]),
                    node(&[(2, 5)], &[]),
                    node(&[(0, 6)], &[]),
                    node(&[(3, 7)], &[]),
                    node(&[(1, 7)], &[]),
                    node(&[], &[0]),
                ],
            }),
        }],
    }
}

/// A record of what is measured, whose claim does not hold.
fn measured() -> Record {
    let method = StartMethod::Spawn;
    let mut record = record("performance/queue", "reference", method, Verdict::Refuted);
    record.title = "A pipe is faster than a queue".to_owned();
    record.observations.clear();
    let figure = |label: &str, unit, value| Figure {
        contender: None,
        label: label.to_owned(),
        unit,
        values: vec![value; 8],
        times: 100,
        warm_up: 1,
        alone: true,
        histogram: Vec::new(),
        median: Interval {
            value,
            low: value * 0.9,
            high: value * 1.2,
        },
    };
    record.figures = vec![
        figure("pipe", Unit::Nanoseconds, 12_000.0),
        figure("queue", Unit::Nanoseconds, 9_000.0),
        figure("held", Unit::Bytes, 3_000_000.0),
    ];
    record.relations = vec![RelationRecord {
        claim: "Faster(\"pipe\", \"queue\", 1.0)".to_owned(),
        holds: Holds::No,
        seen: Some(Interval {
            value: 0.75,
            low: 0.7,
            high: 0.81,
        }),
        pairs: 8,
        reason: None,
        known: None,
    }];
    record
}

/// A run file of many cases on many drivers under all start methods, with programs and outputs as
/// long as those of usual cases, and findings on the last driver.
pub(crate) fn large(cases: usize, drivers: usize) -> RunFile {
    let mut file = file();
    file.records.clear();
    file.cases.clear();
    for number in 0..cases {
        let mut made = case();
        made.id = format!("area_{}/case_number_{number}", number % 9);
        made.ron = "    Call(\"processes.append\", [\"$p\"]),\n".repeat(24);
        made.programs[0].python = Some("        process.join()  # a usual line\n".repeat(60));
        for driver in 0..drivers {
            for method in StartMethod::ALL {
                let name = format!("driver-3.{driver}");
                let is_wrong = driver + 1 == drivers && number % 7 == 0;
                let mut record = if is_wrong {
                    deviation()
                } else {
                    record(&made.id, &name, method, Verdict::Conforms)
                };
                record.case = made.id.clone();
                record.driver = name;
                record.start_method = method;
                for outcome in &made.behaviours[0].outcomes {
                    let lines: Vec<&str> = outcome.lines.iter().map(String::as_str).collect();
                    record.observations.push(observation(&lines, true));
                }
                file.records.push(record);
            }
        }
        file.cases.push(made);
    }
    file
}
