//! What keys mean.

use std::mem;

/// Ctrl-].
const QUIT: u8 = 0x1d;
/// Ctrl-T.
const MENU: u8 = 0x14;
const CTRL_C: u8 = 0x03;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Send(Vec<u8>),
    Quit,
    Help,
    ToggleRts,
    ToggleDtr,
    ToggleEcho,
    ToggleHex,
    ToggleLines,
    Break,
    Status,
    /// An answer is to be typed.
    Ask(Question),
    /// A piece of the answer, as it is typed.
    Show(Vec<u8>),
    Answer(Question, String),
    Unknown(char),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Question {
    Settings,
    File,
}

/// Makes actions of keys.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The byte that the enter key gives, and what is sent for it.
    enter: u8,
    sends: &'static [u8],
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Plain,
    Menu,
    Answer(Question, Vec<u8>),
}

impl Keys {
    pub(crate) fn new(enter: u8, sends: &'static [u8]) -> Self {
        Keys {
            enter,
            sends,
            mode: Mode::Plain,
        }
    }

    /// What these keys mean. What is to be sent is not torn apart.
    pub(crate) fn press(&mut self, keys: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        for key in keys {
            match (self.press_one(*key), actions.last_mut()) {
                (Some(Action::Send(more)), Some(Action::Send(bytes))) => bytes.extend(more),
                (action, _) => actions.extend(action),
            }
        }
        actions
    }

    fn press_one(&mut self, key: u8) -> Option<Action> {
        match mem::replace(&mut self.mode, Mode::Plain) {
            Mode::Plain if key == QUIT => Some(Action::Quit),
            Mode::Plain if key == MENU => {
                self.mode = Mode::Menu;
                None
            }
            Mode::Plain if key == self.enter => Some(Action::Send(self.sends.to_vec())),
            Mode::Plain => Some(Action::Send(vec![key])),
            Mode::Menu => Some(self.choose(key)),
            Mode::Answer(question, answer) => self.answer(question, answer, key),
        }
    }

    fn choose(&mut self, key: u8) -> Action {
        if key == MENU || key == QUIT {
            return Action::Send(vec![key]);
        }
        // With Ctrl as without.
        let letter = char::from(if key < b' ' { key | 0x60 } else { key }).to_ascii_lowercase();
        match letter {
            'h' | '?' => Action::Help,
            'q' => Action::Quit,
            'r' => Action::ToggleRts,
            'd' => Action::ToggleDtr,
            'e' => Action::ToggleEcho,
            'x' => Action::ToggleHex,
            'l' => Action::ToggleLines,
            'b' => Action::Break,
            'i' => Action::Status,
            's' => self.ask(Question::Settings),
            'u' => self.ask(Question::File),
            _ => Action::Unknown(letter),
        }
    }

    fn ask(&mut self, question: Question) -> Action {
        self.mode = Mode::Answer(question, Vec::new());
        Action::Ask(question)
    }

    fn answer(&mut self, question: Question, mut answer: Vec<u8>, key: u8) -> Option<Action> {
        let shown = match key {
            CTRL_C | QUIT => return Some(Action::Show(b" (left as it is)\n".to_vec())),
            _ if key == self.enter => {
                let answer = String::from_utf8_lossy(&answer).trim().to_owned();
                return Some(Action::Answer(question, answer));
            }
            BACKSPACE | DELETE => {
                // A character can be several bytes, of which only the first is not like this.
                while answer.pop_if(|byte| *byte & 0xc0 == 0x80).is_some() {}
                answer.pop().map(|_| b"\x08 \x08".to_vec())
            }
            // An arrow key begins with one.
            _ if key.is_ascii_control() => None,
            _ => {
                answer.push(key);
                Some(vec![key])
            }
        };
        self.mode = Mode::Answer(question, answer);
        shown.map(Action::Show)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(b'\r', b"\r\n")
    }

    #[test]
    fn what_is_typed_is_sent_at_once_and_whole() {
        let sent = keys().press(b"AT\rno\n\x03\x1b");
        assert_eq!(sent, [Action::Send(b"AT\r\nno\n\x03\x1b".to_vec())]);
    }

    #[test]
    fn the_menu_takes_one_key_with_ctrl_or_without() {
        use Action::{Break, Quit, Send, ToggleRts, Unknown};
        let mut keys = keys();
        assert_eq!(keys.press(b"a\x14"), [Send(b"a".to_vec())]);
        assert_eq!(keys.press(b"rr"), [ToggleRts, Send(b"r".to_vec())]);
        assert_eq!(keys.press(b"\x14\x12\x14R"), [ToggleRts, ToggleRts]);
        assert_eq!(keys.press(b"\x14\x02\x14z"), [Break, Unknown('z')]);
        assert_eq!(keys.press(b"\x14\x14"), [Send(b"\x14".to_vec())]);
        assert_eq!(keys.press(b"\x14\x1d"), [Send(b"\x1d".to_vec())]);
        assert_eq!(keys.press(b"\x1d"), [Quit]);
    }

    #[test]
    fn answers_are_typed_and_mended_and_given_up() {
        let mut keys = keys();
        let actions = keys.press(b"\x14s97\x7f600\r9");
        assert_eq!(actions.first(), Some(&Action::Ask(Question::Settings)));
        let answer = Action::Answer(Question::Settings, "9600".to_owned());
        assert!(actions.contains(&answer), "{actions:?}");
        assert_eq!(actions.last(), Some(&Action::Send(b"9".to_vec())));

        let actions = keys.press("\x14u\u{e9}\x7fx\r".as_bytes());
        let answer = Action::Answer(Question::File, "x".to_owned());
        assert_eq!(actions.last(), Some(&answer));

        let actions = keys.press(b"\x14u\x7f\x1bx\x03y");
        let left = Action::Show(b" (left as it is)\n".to_vec());
        let shown = Action::Show(b"x".to_vec());
        let sent = Action::Send(b"y".to_vec());
        assert_eq!(actions, [Action::Ask(Question::File), shown, left, sent]);
    }
}
