//! The terminal while it is ours: keys come as they are typed, and the screen is another one than the shell's. However
//! this ends, by a signal or a panic too, the terminal is given back as it was.

use std::io::{self, Write as _};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::Print;
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::keys::Key;

/// How long it takes at most until a signal is noticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// What happens at the terminal.
pub(super) enum Happened {
    Key(Key),
    Resized(usize, usize),
    /// Somebody wants us to end, or nobody is there any more.
    Stopped,
}

type Hook = Arc<dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync>;

/// Our hold on the terminal.
pub(super) struct Screen {
    stop: Arc<AtomicBool>,
    handlers: Vec<signal_hook::SigId>,
    /// What was done at a panic before.
    hook: Hook,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut handlers = Vec::new();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            handlers.push(signal_hook::flag::register(signal, Arc::clone(&stop))?);
        }
        let hook: Hook = Arc::from(panic::take_hook());
        let before = Arc::clone(&hook);
        panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        let screen = Self { stop, handlers, hook };
        take()?;
        Ok(screen)
    }

    /// Columns and lines.
    pub(super) fn size() -> (usize, usize) {
        let (columns, rows) = terminal::size().unwrap_or((80, 24));
        (usize::from(columns).max(1), usize::from(rows).max(1))
    }

    /// Waits for what happens next.
    pub(super) fn next(&self) -> Happened {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Happened::Stopped;
            }
            match event::poll(PATIENCE).and_then(|there| there.then(event::read).transpose()) {
                Ok(Some(Event::Resize(columns, rows))) => {
                    return Happened::Resized(usize::from(columns).max(1), usize::from(rows).max(1));
                }
                Ok(Some(Event::Key(key))) => {
                    if let Some(key) = read(key) {
                        return Happened::Key(key);
                    }
                }
                Ok(_) => {}
                Err(_) => return Happened::Stopped,
            }
        }
    }

    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        queue!(out, BeginSynchronizedUpdate, MoveTo(0, 0))?;
        for (index, line) in lines.iter().enumerate() {
            let row = u16::try_from(index).unwrap_or(u16::MAX);
            queue!(out, MoveTo(0, row), Print(line), Clear(ClearType::UntilNewLine))?;
        }
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()
    }

    /// Gives the terminal to somebody else for a while. Ctrl-C is theirs then.
    pub(super) fn lend<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let done = work();
        self.stop.store(false, Ordering::Relaxed);
        take()?;
        Ok(done)
    }

    /// Stops as Ctrl-Z stops programs, until the shell lets us go on.
    pub(super) fn suspend(&self) -> io::Result<()> {
        self.lend(|| kill_process(getpid(), Signal::TSTP))?.map_err(io::Error::from)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
        for handler in self.handlers.drain(..) {
            signal_hook::low_level::unregister(handler);
        }
        if !std::thread::panicking() {
            let hook = Arc::clone(&self.hook);
            panic::set_hook(Box::new(move |panic| hook(panic)));
        }
    }
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, Hide, Clear(ClearType::All))
}

/// To a terminal that is gone, nothing can be given back.
fn give_back() {
    let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
    let _ = terminal::disable_raw_mode();
}

fn read(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Key::Interrupt),
            KeyCode::Char('z') => Some(Key::Suspend),
            KeyCode::Char('d' | 'f') => Some(Key::PageDown),
            KeyCode::Char('u' | 'b') => Some(Key::PageUp),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        _ => return None,
    })
}
