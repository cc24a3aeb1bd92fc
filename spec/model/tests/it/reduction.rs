//! Trying steps that commute in one order only loses no outcome.

use poolproof_case::StartMethod;
use poolproof_spec::Limits;

use crate::{case, explored};

/// Programs where much commutes and something does not.
const PROGRAMS: &[(&str, &str)] = &[
    // Two consumers of one queue, and who looks whether it is empty.
    (
        r#""put": Function(params: ["q", "i"], body: [Call("q.put", ["$i"]), Call("q.put", ["$i"])]),
           "look": Function(params: ["q"], body: [Print([Call("q.empty")])])"#,
        r#"Let("q", New("Queue")),
           Let("a", New("Process", (target: "put", args: ["$q", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "look", args: ["$q"]))), Call("b.start"),
           Print([Call("q.get")]), Call("b.join"), Print([Call("q.get", (timeout: Soon))])"#,
    ),
    // A bounded queue and a timeout.
    (
        r#""put": Function(params: ["q", "i"], body: [
             Try(body: [Call("q.put", ["$i"], (timeout: Soon)), Print(["put", "$i"])],
                 except: {"full": [Print(["full", "$i"])]}),
           ])"#,
        r#"Let("q", New("Queue", [1])),
           Let("a", New("Process", (target: "put", args: ["$q", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "put", args: ["$q", 2]))), Call("b.start"),
           Print([Call("q.get")]), Call("a.join"), Call("b.join")"#,
    ),
    // A holder that is killed keeps its lock.
    (
        r#""hold": Function(params: ["l", "i"], body: [With("$l", [Print(["in", "$i"])])])"#,
        r#"Let("l", New("Lock")),
           Let("a", New("Process", (target: "hold", args: ["$l", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "hold", args: ["$l", 2]))), Call("b.start"),
           Call("a.kill"), Call("a.join"), Call("b.join"), Print(["$a.exitcode"])"#,
    ),
    // What one who is ended has put and not handed over is lost.
    (
        r#""put": Function(params: ["q"], body: [Call("q.put_nowait", [1]), Print(["put"])])"#,
        r#"Let("q", New("Queue")),
           Let("a", New("Process", (target: "put", args: ["$q"]))), Call("a.start"),
           Call("a.terminate"), Print([Call("q.get")])"#,
    ),
    // So is what a process does not wait for.
    (
        r#""put": Function(params: ["q"], body: [
             Call("q.put", [1]), Print(["put"]), Call("q.cancel_join_thread"),
           ])"#,
        r#"Let("q", New("Queue")),
           Let("a", New("Process", (target: "put", args: ["$q"]))), Call("a.start"),
           Call("a.join"), Print([Call("q.get", (timeout: Late))])"#,
    ),
    // End of file comes with the last writer.
    (
        r#""write": Function(params: ["w", "i"], body: [Call("w.send", ["$i"]), Call("w.close")])"#,
        r#"Let("r, w", New("Pipe", [false])),
           Let("a", New("Process", (target: "write", args: ["$w", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "write", args: ["$w", 2]))), Call("b.start"),
           Call("w.close"),
           Try(body: [Repeat(3, [Print([Call("r.recv")])])], except: {"eof": [Print(["eof"])]})"#,
    ),
    // A condition with two who wait and one who notifies once too few.
    (
        r#""wait": Function(params: ["c", "i"], body: [
             With("$c", [Print([Call("c.wait", (timeout: Late)), "$i"])]),
           ])"#,
        r#"Let("c", New("Condition")),
           Let("a", New("Process", (target: "wait", args: ["$c", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "wait", args: ["$c", 2]))), Call("b.start"),
           With("$c", [Call("c.notify")]), Call("a.join"), Call("b.join")"#,
    ),
    // An event that is cleared again.
    (
        r#""wait": Function(params: ["e", "i"], body: [
             Print([Call("e.wait", (timeout: Soon)), "$i"]),
           ])"#,
        r#"Let("e", New("Event")),
           Let("a", New("Process", (target: "wait", args: ["$e", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "wait", args: ["$e", 2]))), Call("b.start"),
           Call("e.set"), Call("e.clear"), Call("a.join"), Call("b.join")"#,
    ),
    // A pool whose tasks print, one of which fails.
    (
        r#""f": Function(params: ["x"], body: [
             If(Eq("$x", 2), [Raise(Error("value", "two"))]), Print(["task", "$x"]), Return("$x"),
           ])"#,
        r#"Let("pool", New("Pool", [2])),
           Let("r", Call("pool.map_async", [Fn("f"), [1, 2, 3]])),
           Print([Call("r.ready")]),
           Try(body: [Print([Call("r.get")])], except: {"value": [Print(["failed"])]}),
           Call("pool.close"), Call("pool.join")"#,
    ),
    // A managed list that two append to while a third reads.
    (
        r#""add": Function(params: ["l", "i"], body: [Call("l.append", ["$i"])])"#,
        r#"Let("m", New("Manager")), Let("l", Call("m.list")),
           Let("a", New("Process", (target: "add", args: ["$l", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "add", args: ["$l", 2]))), Call("b.start"),
           Print(["$l"]), Call("a.join"), Call("b.join"), Print(["$l"])"#,
    ),
    // Connections that travel through a queue.
    (
        r#""give": Function(params: ["q", "w"], body: [Call("q.put", ["$w"])]),
           "use": Function(params: ["q", "i"], body: [
             Let("w", Call("q.get")), Call("w.send", ["$i"]), Print(["sent", "$i"]),
           ])"#,
        r#"Let("q", New("JoinableQueue")), Let("r, w", New("Pipe", [false])),
           Let("a", New("Process", (target: "give", args: ["$q", "$w"]))), Call("a.start"),
           Let("b", New("Process", (target: "use", args: ["$q", 1]))), Call("b.start"),
           Print([Call("r.recv")]), Call("a.join"), Call("b.join")"#,
    ),
    // Main does the work of a child that does it, too.
    (
        r#""say": Function(params: [], body: [Print(["a"]), Print(["b"])])"#,
        r#"Let("p", New("Process", (target: "say"))), Call("p.start"), Call("p.run")"#,
    ),
    // A daemon, a child that main forgets, and one that is asked for.
    (
        r#""say": Function(params: ["i"], body: [Print(["a", "$i"]), Print(["b", "$i"])])"#,
        r#"Let("d", New("Process", (target: "say", args: [1]))), SetAttr("d.daemon", true),
           Call("d.start"),
           Let("p", New("Process", (target: "say", args: [2]))), Call("p.start"),
           Print([Call("p.is_alive"), Len(Call("mp.active_children"))])"#,
    ),
    // Two producers of a queue that has no feeders.
    (
        r#""put": Function(params: ["q", "i"], body: [Call("q.put", ["$i"])])"#,
        r#"Let("q", New("SimpleQueue")),
           Let("a", New("Process", (target: "put", args: ["$q", 1]))), Call("a.start"),
           Let("b", New("Process", (target: "put", args: ["$q", 2]))), Call("b.start"),
           Print([Call("q.get"), Call("q.get")]), Call("a.join"), Call("b.join")"#,
    ),
    // A callback and main share the feeder of their process.
    (
        r#""task": Function(params: [], body: [Return(1)]),
           "put": Function(params: ["r"], body: [Call("common.put", ["callback"])])"#,
        r#"Let("q", New("Queue")), SetGlobal("common", "$q"),
           Let("pool", New("Pool", [1])),
           Call("pool.apply_async", [Fn("task")], (callback: Fn("put"))),
           Call("q.put", ["main"]), Print([Call("q.get")]), Print([Call("q.get")]),
           Call("pool.close"), Call("pool.join")"#,
    ),
    // Two who get from one queue, one of whom does not wait.
    (
        r#""get": Function(params: ["q"], body: [Print(["child"]), Print(["got", Call("q.get")])]),
           "put": Function(params: ["q"], body: [Call("q.put", [1]), Call("q.put", [2])])"#,
        r#"Let("q", New("Queue")),
           Let("a", New("Process", (target: "get", args: ["$q"]))), Call("a.start"),
           Let("b", New("Process", (target: "put", args: ["$q"]))), Call("b.start"),
           Call("b.join"),
           Try(body: [Print(["main", Call("q.get_nowait")])], except: {"empty": [Print(["empty"])]}),
           Try(body: [Print(["main", Call("q.get", (timeout: Soon))])],
               except: {"empty": [Print(["empty"])]}),
           Call("a.terminate")"#,
    ),
    // A worker that is replaced, and what its creator does meanwhile.
    (
        r#""see": Function(params: ["x"], body: [Print(["task", "$x"]), Return(("$x", "$last"))])"#,
        r#"Let("pool", New("Pool", (processes: 1, maxtasksperchild: 1))),
           SetGlobal("last", 1), Print(["main"]),
           Let("r", Call("pool.map_async", [Fn("see"), [1, 2]])),
           SetGlobal("last", 2), Print([Call("r.get")]), Call("pool.close"), Call("pool.join")"#,
    ),
    // A worker takes another's place, or main ends first.
    (
        r#""begin": Function(params: [], body: [Print(["begin"])]),
           "task": Function(params: [], body: [])"#,
        r#"Let("q", New("SimpleQueue")),
           Let("pool", New("Pool", [1], (initializer: Fn("begin"), maxtasksperchild: 1))),
           Call("pool.apply_async", [Fn("task")]), Call("q.put", [1])"#,
    ),
    // A callback and main share their process's lists and globals.
    (
        r#""task": Function(params: [], body: [Return(1)]),
           "note": Function(params: ["r"], body: [
             Print(["callback"]), Call("common.append", ["$r"]), SetGlobal("last", "$r"),
           ])"#,
        r#"SetGlobal("common", []),
           Let("pool", New("Pool", [1])),
           Let("r", Call("pool.apply_async", [Fn("task")], (callback: Fn("note")))),
           Print(["main"]), Let("n", Len("$common")), Let("g", "$last"), Print(["$n", "$g"]),
           Call("r.wait"), Print(["$common"])"#,
    ),
    // One who waits for an event, at a condition or a barrier is killed, and another prints meanwhile.
    (
        r#""wait": Function(params: ["e"], body: [Call("e.wait")]),
           "say": Function(params: [], body: [Print(["a"]), Print(["b"])])"#,
        r#"Let("e", New("Event")),
           Let("a", New("Process", (target: "wait", args: ["$e"]))), Call("a.start"),
           Let("b", New("Process", (target: "say"))), Call("b.start"),
           Call("a.kill"), Call("a.join"), Call("e.set"), Call("b.join"), Print(["c"])"#,
    ),
    (
        r#""wait": Function(params: ["c"], body: [With("$c", [Call("c.wait")])]),
           "say": Function(params: [], body: [Print(["a"])])"#,
        r#"Let("c", New("Condition")),
           Let("a", New("Process", (target: "wait", args: ["$c"]))), Call("a.start"),
           Let("b", New("Process", (target: "say"))), Call("b.start"),
           Call("a.terminate"), Call("c.notify_all"), Call("b.join")"#,
    ),
    (
        r#""meet": Function(params: ["b"], body: [Call("b.wait")]),
           "set": Function(params: ["b"], body: [Print(["a"]), Call("b.abort")])"#,
        r#"Let("b", New("Barrier", [3])),
           Let("p", New("Process", (target: "meet", args: ["$b"]))), Call("p.start"),
           Let("q", New("Process", (target: "set", args: ["$b"]))), Call("q.start"),
           Call("p.kill"), Call("q.join"), Print(["c"])"#,
    ),
    // One who may not yet wait is ended, and another sets.
    (
        r#""set": Function(params: ["e"], body: [Call("e.set")]),
           "wait": Function(params: ["e"], body: [Call("e.wait")])"#,
        r#"Let("e", New("Event")),
           Let("a", New("Process", (target: "set", args: ["$e"]))), Call("a.start"),
           Let("b", New("Process", (target: "wait", args: ["$e"]))), Call("b.start"),
           Call("b.terminate")"#,
    ),
    (
        r#""wait": Function(params: ["e"], body: [Print([Call("e.wait")])])"#,
        r#"Let("e", New("Event")),
           Let("a", New("Process", (target: "wait", args: ["$e"]))), Call("a.start"),
           Call("a.kill"), Print([Call("e.is_set")])"#,
    ),
    (
        r#""meet": Function(params: ["b"], body: [Print([Call("b.wait")])]),
           "look": Function(params: ["b"], body: [Print(["$b.n_waiting"]), Print(["$b.n_waiting"])])"#,
        r#"Let("b", New("Barrier", [2])),
           Let("p", New("Process", (target: "meet", args: ["$b"]))), Call("p.start"),
           Let("q", New("Process", (target: "look", args: ["$b"]))), Call("q.start"),
           Call("p.terminate")"#,
    ),
    // A sender is killed in its message, and another prints meanwhile.
    (
        r#""send": Function(params: ["w"], body: [Call("w.send_bytes", [Bytes(100000)])]),
           "say": Function(params: [], body: [Print(["a"])])"#,
        r#"Let("r, w", New("Pipe", [false])),
           Let("a", New("Process", (target: "send", args: ["$w"]))), Call("a.start"),
           Let("b", New("Process", (target: "say"))), Call("b.start"),
           Call("a.kill"), Call("a.join"), Let("got", Call("r.recv_bytes")), Call("b.join")"#,
    ),
    // What items and results of one chunk have in common is changed, while another prints.
    (
        r#""add": Function(params: ["l"], body: [Call("l.append", [1]), Return(1)]),
           "say": Function(params: [], body: [Print(["a"])])"#,
        r#"Let("pool", New("Pool", [1])), Let("l", [0]),
           Let("b", New("Process", (target: "say"))), Call("b.start"),
           Call("pool.map", [Fn("add"), ["$l", "$l"], 2]), Print(["c"]), Call("b.join")"#,
    ),
    (
        r#""keep": Function(params: ["x"], body: [Call("common.append", ["$x"]), Return("$common")]),
           "say": Function(params: [], body: [Print(["a"])])"#,
        r#"SetGlobal("common", []), Let("pool", New("Pool", [1])),
           Let("b", New("Process", (target: "say"))), Call("b.start"),
           Call("pool.map", [Fn("keep"), [1, 2], 2]), Print(["c"]), Call("b.join")"#,
    ),
    // A lock of one context is given to a process of another, while one prints.
    (
        r#""take": Function(params: ["l"], body: [With("$l", [])]),
           "say": Function(params: [], body: [Print(["a"])])"#,
        r#"Let("b", New("Process", (target: "say"))), Call("b.start"),
           Let("ctx", Call("mp.get_context", ["spawn"])), Let("l", New("Lock")),
           Let("p", Call("ctx.Process", (target: Fn("take"), args: ["$l"]))), Call("p.start"),
           Call("p.join"), Print(["c"]), Call("b.join")"#,
    ),
];

#[test]
fn reduced_and_full_exploration_give_one_behaviour() {
    for (functions, main) in PROGRAMS {
        let main = main.replace("Call(\"mp.active_children\")", "[]");
        let case = case(functions, &main);
        for method in StartMethod::ALL {
            if poolproof_case::uses::unsupported(&case.program, method).is_some() {
                continue;
            }
            let reduced = explored(&case, method, Limits::default());
            let limits = Limits {
                states_max: 200_000,
                reduce: false,
                ..Limits::default()
            };
            let full = explored(&case, method, limits);
            assert!(!full.bounded, "{method}: {main}");
            assert!(reduced.states <= full.states);
            assert!(
                reduced.behaviour == full.behaviour,
                "{method}: {main}\nreduced {:#?}\nfull {:#?}",
                reduced.behaviour.outcomes(50),
                full.behaviour.outcomes(50)
            );
        }
    }
}
