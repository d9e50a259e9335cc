//! What can be asked for on the command line.

use std::ffi::OsString;

use anyserial::SerialConfig;

pub(crate) const USAGE: &str = "\
usage: terminal [OPTIONS] [PORT [SETTINGS...]]

PORT is a path, or a text that one port alone has in its path, description or hardware id: see
the example list_ports. Without it, a simulated instrument answers; try *IDN? and TEMP?.
SETTINGS are as in 9600, or 9600 8E1 rts_cts; 115200 8N1 if there are none. A board that its
lines reset may want dtr_low rts_low, a protocol of questions and answers low_latency.

  -e, --echo            show what is typed
  -x, --hex             show bytes, not text
  -l, --lines           tell when a modem line changes
      --enter=cr|lf|crlf  what the enter key sends: cr, or lf to the simulated instrument
  -h, --help            show this

Ctrl-] quits. Ctrl-T, then one of these, with Ctrl or without:
  h  show this            q  quit                 s  change the settings
  r  RTS up or down       d  DTR up or down       b  send a break
  i  status of the port   l  line changes or not  u  send a file
  e  echo or no echo      x  bytes or text        Ctrl-T, Ctrl-]  send that key
";

#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Talk(Options),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) port: Option<OsString>,
    pub(crate) config: SerialConfig,
    pub(crate) enter: &'static [u8],
    pub(crate) echo: bool,
    pub(crate) hex: bool,
    pub(crate) lines: bool,
}

/// Understands a command line, or says what is wrong with it.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut options = Options {
        port: None,
        config: SerialConfig::default(),
        enter: b"",
        echo: false,
        hex: false,
        lines: false,
    };
    let mut settings = Vec::new();
    for argument in arguments {
        match argument.to_str() {
            Some("-h" | "--help") => return Ok(Command::Help),
            Some("-e" | "--echo") => options.echo = true,
            Some("-x" | "--hex") => options.hex = true,
            Some("-l" | "--lines") => options.lines = true,
            Some("--enter=cr") => options.enter = b"\r",
            Some("--enter=lf") => options.enter = b"\n",
            Some("--enter=crlf") => options.enter = b"\r\n",
            Some(option) if option.starts_with('-') => {
                return Err(format!("there is no option {option}"));
            }
            Some(setting) if options.port.is_some() => settings.push(setting.to_owned()),
            None if options.port.is_some() => {
                return Err(format!("{} is no setting", argument.display()));
            }
            _ => options.port = Some(argument),
        }
    }
    if !settings.is_empty() {
        let parsed = settings.join(" ").parse();
        options.config = parsed.map_err(|error: anyserial::ParseConfigError| error.to_string())?;
    }
    if options.enter.is_empty() {
        options.enter = if options.port.is_some() { b"\r" } else { b"\n" };
    }
    Ok(Command::Talk(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn understands_what_it_offers() {
        let expected = Options {
            port: Some("/dev/ttyUSB0".into()),
            config: "9600 8E1 rts_cts".parse().unwrap(),
            enter: b"\r\n",
            echo: true,
            hex: true,
            lines: true,
        };
        let line = "-e -x --lines --enter=crlf /dev/ttyUSB0 9600 8E1 rts_cts";
        assert_eq!(parsed(line), Ok(Command::Talk(expected)));
        assert_eq!(parsed("tty -h"), Ok(Command::Help));
        for (line, enter) in [("", b"\n"), ("tty", b"\r")] {
            let Ok(Command::Talk(options)) = parsed(line) else {
                panic!("{line}");
            };
            assert_eq!(options.enter, enter);
            assert_eq!(options.config, SerialConfig::default());
        }
    }

    #[test]
    fn says_what_it_does_not_understand() {
        assert_eq!(
            parsed("--fast"),
            Err("there is no option --fast".to_owned())
        );
        let error = parsed("tty 9600 9N1").unwrap_err();
        assert_eq!(error, r#"invalid data bits "9": expected 5, 6, 7 or 8"#);
    }
}
