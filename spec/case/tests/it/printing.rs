//! Printing and operators agree with a real Python.

use poolproof_case::operate;
use poolproof_case::print::ascii;
use poolproof_case::program::BinaryOperator;
use poolproof_case::{ErrorKind, Value};

use crate::python;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 29)
    }

    fn value(&mut self, depth: u32) -> Value {
        let kinds = if depth == 0 { 7 } else { 10 };
        let length = self.next() % 4;
        match self.next() % kinds {
            0 => Value::None,
            1 => Value::Bool(self.next().is_multiple_of(2)),
            2 => Value::Int(i64::from_ne_bytes(self.next().to_ne_bytes()) >> (self.next() % 64)),
            3 => Value::Float(f64::from_bits(self.next().rotate_left(7))),
            4 => Value::Float((self.next() % 1_000_000) as f64 / 1000.0),
            5 => Value::Str((0..length).map(|_| self.character()).collect()),
            6 => Value::Bytes((0..length).map(|_| (self.next() % 256) as u8).collect()),
            7 => Value::List((0..length).map(|_| self.value(depth - 1)).collect()),
            8 => Value::Tuple((0..length).map(|_| self.value(depth - 1)).collect()),
            _ => Value::Dict(
                (0..length)
                    .map(|key| (Value::Str(key.to_string()), self.value(depth - 1)))
                    .collect(),
            ),
        }
    }

    fn character(&mut self) -> char {
        const ODD: [char; 12] = [
            '\'', '"', '\\', '\n', '\t', '\0', '\u{7f}', '\u{a0}', 'é', '€', '😀', 'a',
        ];
        ODD[(self.next() % 12) as usize]
    }
}

/// The value in Python's syntax, written another way than `ascii` does: numbers by their bits,
/// texts by their code points.
fn source(value: &Value) -> String {
    let joined = |items: &[Value]| {
        items
            .iter()
            .map(|item| source(item) + ",")
            .collect::<String>()
    };
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => format!("({number})"),
        Value::Float(number) => format!("bits({})", number.to_bits()),
        Value::Str(text) => {
            let points: Vec<String> = text.chars().map(|one| u32::from(one).to_string()).collect();
            format!("''.join(map(chr, [{}]))", points.join(","))
        }
        Value::Bytes(bytes) => format!("bytes({bytes:?})"),
        Value::List(items) => format!("[{}]", joined(items)),
        Value::Tuple(items) => format!("({})", joined(items)),
        Value::Dict(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", source(key), source(value)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Error(..) | Value::Opaque(_) => unreachable!("not compared"),
    }
}

const HEAD: &str = "import struct\nbits = lambda n: struct.unpack('<d', struct.pack('<Q', n))[0]\n";

#[test]
fn values_print_as_a_real_python_prints_them() {
    let mut chance = Chance(1);
    let mut values: Vec<Value> = (0..3000).map(|_| chance.value(3)).collect();
    let floats = [
        0.0,
        -0.0,
        1e15,
        1e16,
        123_456_789_012_345_680.0,
        1e-4,
        1e-5,
        5e-324,
        f64::MAX,
        0.1,
        1e22,
        1.0 / 3.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        9_007_199_254_740_993.0,
    ];
    values.extend(floats.map(Value::Float));
    let script: String = values
        .iter()
        .map(|value| format!("print(ascii({}))\n", source(value)))
        .collect();
    let Some(printed) = python::run(&format!("{HEAD}{script}")) else {
        return;
    };
    assert_eq!(printed.lines().count(), values.len());
    for (value, expected) in values.iter().zip(printed.lines()) {
        assert_eq!(ascii(value), expected);
    }
}

#[test]
fn operators_answer_as_a_real_python_does() {
    const OPERATORS: [(BinaryOperator, &str); 13] = [
        (BinaryOperator::Add, "+"),
        (BinaryOperator::Sub, "-"),
        (BinaryOperator::Mul, "*"),
        (BinaryOperator::Div, "/"),
        (BinaryOperator::FloorDiv, "//"),
        (BinaryOperator::Mod, "%"),
        (BinaryOperator::Eq, "=="),
        (BinaryOperator::Ne, "!="),
        (BinaryOperator::Lt, "<"),
        (BinaryOperator::Le, "<="),
        (BinaryOperator::Gt, ">"),
        (BinaryOperator::Ge, ">="),
        (BinaryOperator::In, "in"),
    ];
    let mut chance = Chance(2);
    let mut script = HEAD.to_owned();
    let mut answers = Vec::new();
    while answers.len() < 3000 {
        let (operator, symbol) = OPERATORS[(chance.next() % 13) as usize];
        let (left, right) = (chance.value(1), chance.value(1));
        // `%` formats texts in Python, which is no part of the language.
        if symbol == "%" && matches!(left, Value::Str(_) | Value::Bytes(_)) {
            continue;
        }
        // Repeating a text a million times shows nothing that three times do not.
        let is_large = |value: &Value| matches!(value, Value::Int(number) if *number > 9);
        if symbol == "*" && (is_large(&left) || is_large(&right)) {
            continue;
        }
        let answer = match operate::binary(operator, &left, &right) {
            Ok(value) => ascii(&value),
            Err((ErrorKind::Overflow, _)) => continue,
            Err((kind, _)) => kind.to_string(),
        };
        script += &format!(
            "try: print(ascii({} {symbol} {}))\nexcept TypeError: print('type')\n\
             except ZeroDivisionError: print('zero_division')\nexcept OverflowError: print('inf')\n\
             except ValueError: print('value')\n",
            source(&left),
            source(&right)
        );
        answers.push((
            answer,
            format!("{} {symbol} {}", ascii(&left), ascii(&right)),
        ));
    }
    let Some(printed) = python::run(&script) else {
        return;
    };
    for ((answer, question), expected) in answers.iter().zip(printed.lines()) {
        assert_eq!(answer, expected, "{question}");
    }
}
