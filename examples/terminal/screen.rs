//! What the user sees.

use std::io::{Result, Write};

const BYTES_PER_LINE: usize = 16;

#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    pub(crate) hex: bool,
    pub(crate) echo: bool,
    /// The last line has an end.
    is_at_start: bool,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, hex: bool, echo: bool) -> Self {
        Screen {
            out,
            hex,
            echo,
            is_at_start: true,
        }
    }

    /// Shows what the device has sent: as it is, because it may draw.
    pub(crate) fn received(&mut self, bytes: &[u8]) -> Result<()> {
        if self.hex {
            return self.show_hex('<', bytes);
        }
        self.show(bytes)
    }

    /// Shows what was typed, if that is wanted.
    pub(crate) fn typed(&mut self, bytes: &[u8]) -> Result<()> {
        if !self.echo {
            return Ok(());
        }
        if self.hex {
            return self.show_hex('>', bytes);
        }
        // Whatever the enter key sends, here it begins a line.
        let text = String::from_utf8_lossy(bytes);
        self.show(text.replace("\r\n", "\n").replace('\r', "\n").as_bytes())
    }

    /// Says something that is neither sent nor received, on lines of its own.
    pub(crate) fn notice(&mut self, text: &str) -> Result<()> {
        self.begin_line()?;
        for line in text.lines() {
            writeln!(self.out, "-- {line}")?;
        }
        self.out.flush()
    }

    /// Asks for something to be typed behind the question.
    pub(crate) fn ask(&mut self, question: &str) -> Result<()> {
        self.begin_line()?;
        self.show(format!("-- {question}: ").as_bytes())
    }

    pub(crate) fn show(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last() {
            self.is_at_start = *last == b'\n';
        }
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    fn show_hex(&mut self, sign: char, bytes: &[u8]) -> Result<()> {
        self.begin_line()?;
        for line in bytes.chunks(BYTES_PER_LINE) {
            let mut hex = String::new();
            let mut text = String::new();
            for byte in line {
                hex.push_str(&format!("{byte:02x} "));
                let is_visible = byte.is_ascii_graphic() || *byte == b' ';
                text.push(if is_visible { char::from(*byte) } else { '.' });
            }
            let width = 3 * BYTES_PER_LINE;
            writeln!(self.out, "{sign} {hex:width$} |{text}|")?;
        }
        self.out.flush()
    }

    fn begin_line(&mut self) -> Result<()> {
        if !self.is_at_start {
            writeln!(self.out)?;
            self.is_at_start = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(
        hex: bool,
        echo: bool,
        show: impl FnOnce(&mut Screen<Vec<u8>>) -> Result<()>,
    ) -> String {
        let mut screen = Screen::new(Vec::new(), hex, echo);
        show(&mut screen).unwrap();
        String::from_utf8(screen.out).unwrap()
    }

    #[test]
    fn text_is_shown_as_it_is_and_notices_have_their_own_lines() {
        let text = shown(false, true, |screen| {
            screen.notice("one\ntwo")?;
            screen.typed(b"AT\r")?;
            screen.received(b"\x1b[1mOK")?;
            screen.notice("three")
        });
        assert_eq!(text, "-- one\n-- two\nAT\n\x1b[1mOK\n-- three\n");
        assert_eq!(shown(false, false, |screen| screen.typed(b"AT")), "");
    }

    #[test]
    fn hex_tells_who_has_sent_what() {
        let text = shown(true, true, |screen| {
            screen.typed(b"A\r")?;
            screen.received(b"0123456789abcdef\xff")
        });
        let pad = |bytes: usize| " ".repeat(3 * (16 - bytes));
        let expected = format!(
            "> 41 0d {} |A.|\n\
             < 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|\n\
             < ff {} |.|\n",
            pad(2),
            pad(1)
        );
        assert_eq!(text, expected);
    }
}
