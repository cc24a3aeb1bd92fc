//! Cases as a run file keeps them: their texts, and what was computed of them while they ran.

use poolproof_case::StartMethod;
use poolproof_report::case_record::{NODES_MAX, OUTCOMES_MAX};
use poolproof_report::{
    Automaton, BehaviourRecord, CaseRecord, ClauseRecord, EndingRecord, NodeRecord, ProgramRecord,
};
use poolproof_spec::{Behaviour, clauses};

use crate::load::Loaded;
use crate::specified::Specified;

/// What the specification says of a case under a start method, by the case's id.
pub(crate) type Known<'a> = (&'a str, StartMethod, &'a Specified);

/// The cases with what is known of each.
pub(crate) fn case_records(cases: &[Loaded], known: &[Known<'_>]) -> Vec<CaseRecord> {
    let record = |loaded: &Loaded| {
        let of_case = known.iter().filter(|(id, ..)| *id == loaded.case.id);
        let of_case: Vec<(StartMethod, &Specified)> = of_case
            .map(|(_, method, specified)| (*method, *specified))
            .collect();
        case_record(loaded, &of_case)
    };
    cases.iter().map(record).collect()
}

fn case_record(loaded: &Loaded, known: &[(StartMethod, &Specified)]) -> CaseRecord {
    let case = &loaded.case;
    let area = case.id.rsplit_once('/').map_or("", |(area, _)| area);
    CaseRecord {
        id: case.id.clone(),
        hash: case.hash.clone(),
        area: area.to_owned(),
        title: case.title.clone(),
        clauses: case.clauses.iter().filter_map(|id| clause(id)).collect(),
        ron: loaded.text.clone(),
        programs: programs(loaded),
        behaviours: behaviours(known),
    }
}

pub(crate) fn clause(id: &str) -> Option<ClauseRecord> {
    let clause = clauses::all().iter().find(|clause| clause.id == id)?;
    Some(ClauseRecord {
        id: clause.id.clone(),
        level: clause.level.name().to_owned(),
        text: clause.text.clone(),
    })
}

fn programs(loaded: &Loaded) -> Vec<ProgramRecord> {
    let case = &loaded.case;
    let options = poolproof_python::Options::default();
    let one = |(contender, program): (Option<&str>, _)| {
        let written = poolproof_python::write(&case.with(program), options);
        let (python, absent) = match written {
            Ok(text) => (Some(text), None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        ProgramRecord {
            contender: contender.map(str::to_owned),
            python,
            absent,
        }
    };
    case.programs().map(one).collect()
}

/// The behaviours, equal ones once.
fn behaviours(known: &[(StartMethod, &Specified)]) -> Vec<BehaviourRecord> {
    let mut groups: Vec<(Vec<StartMethod>, &Specified)> = Vec::new();
    for (method, specified) in known {
        let (behaviour, bounded) = (
            &specified.exploration.behaviour,
            specified.exploration.bounded,
        );
        let same = groups.iter_mut().find(|(_, other)| {
            other.exploration.behaviour == *behaviour && other.exploration.bounded == bounded
        });
        match same {
            Some((methods, _)) => methods.push(*method),
            None => groups.push((vec![*method], specified)),
        }
    }
    let record = |(start_methods, specified): (Vec<StartMethod>, &Specified)| {
        let exploration = &specified.exploration;
        let behaviour = &exploration.behaviour;
        let count = (!exploration.bounded).then(|| behaviour.count().to_string());
        let are_few = |count: &String| {
            count
                .parse()
                .is_ok_and(|count: usize| count <= OUTCOMES_MAX)
        };
        BehaviourRecord {
            start_methods,
            bounded: exploration.bounded,
            nodes: behaviour.nodes() as u64,
            automaton: (behaviour.nodes() <= NODES_MAX).then(|| automaton(behaviour)),
            outcomes: if count.as_ref().is_some_and(are_few) {
                behaviour.outcomes(OUTCOMES_MAX)
            } else {
                Vec::new()
            },
            count,
        }
    };
    groups.into_iter().map(record).collect()
}

fn automaton(behaviour: &Behaviour) -> Automaton {
    let ending = |(ending, left): &(poolproof_case::Ending, u32)| EndingRecord {
        ending: ending.clone(),
        left: *left,
    };
    let node = |node| NodeRecord {
        edges: behaviour.edges_of(node).to_vec(),
        endings: behaviour.endings_of(node).to_vec(),
    };
    Automaton {
        lines: behaviour.lines().to_vec(),
        endings: behaviour.endings().iter().map(ending).collect(),
        nodes: (0..behaviour.nodes()).map(node).collect(),
    }
}
