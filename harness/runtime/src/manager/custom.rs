//! A program's own types in a manager: what is asked and answered are the program's own messages.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use poolproof_sys::function::{Bridge, Passed};
use serde::{Deserialize, Serialize};

use super::Managed;
use super::coding::{decoded, encoded};
use super::named::{Travelling, travelling};
use super::protocol::{Class, Item};
use super::proxy::{Proxy, sealed};
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result, panic_text};
use crate::fork_gate;
use crate::locked::lock;
use crate::transfer::Message;

/// A type of the program's own that a manager keeps, and clients call through a [`CustomProxy`].
///
/// It lives in the manager's process. Calls of one object are done one after the other; calls of
/// several at the same time.
///
/// ```standalone_crate
/// use poolproof_runtime as mp;
/// use serde::{Deserialize, Serialize};
///
/// struct Account {
///     balance: u64,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// enum Ask {
///     Pay(u64),
///     Balance,
/// }
///
/// impl mp::Custom for Account {
///     const NAME: &'static str = "Account";
///     type Init = u64;
///     type Call = Ask;
///     type Answer = Result<u64, String>;
///
///     fn make(balance: u64) -> Account {
///         Account { balance }
///     }
///
///     fn call(&mut self, ask: Ask) -> Result<u64, String> {
///         if let Ask::Pay(amount) = ask {
///             self.balance = self.balance.checked_sub(amount).ok_or("not enough")?;
///         }
///         Ok(self.balance)
///     }
/// }
///
/// fn main() -> mp::Result<()> {
///     mp::freeze_support();
///     let context = mp::Context::default();
///     let manager = context.manager_builder().register::<Account>().start()?;
///     let account = manager.create::<Account>(&100)?;
///     assert_eq!(account.call(&Ask::Pay(30))?, Ok(70));
///     assert_eq!(account.call(&Ask::Pay(80))?, Err("not enough".into()));
///     assert_eq!(account.call(&Ask::Balance)?, Ok(70));
///     Ok(())
/// }
/// ```
pub trait Custom: Sized + Send + 'static {
    /// The name by which a manager knows the type.
    const NAME: &'static str;
    /// What an object is made from.
    type Init: Message;
    /// What an object can be asked.
    type Call: Message;
    /// What it answers.
    type Answer: Message;

    /// Makes an object, in the manager's process.
    fn make(init: Self::Init) -> Self;

    /// Does what is asked, in the manager's process. A panic is an error of that call
    /// (`is_remote`) and the object stays as it is then.
    ///
    /// It may wait as long as it likes. Meanwhile a managed pool starts no worker by `fork`
    /// (`is_usage`), since a copy would have for ever what is held here; by the other start methods
    /// it does.
    fn call(&mut self, call: Self::Call) -> Self::Answer;
}

thread_local! {
    /// What [`Maker`] has made.
    static MADE: RefCell<Option<Result<Arc<dyn Object>>>> = const { RefCell::new(None) };
}

/// Makes an object and lays it down in [`MADE`].
struct Maker;

impl<T: Custom> Bridge<T::Init, T> for Maker {
    fn cross(function: fn(T::Init) -> T, input: &[u8], _output: &mut Vec<u8>) -> i32 {
        let made = decoded(input).and_then(|init| {
            let what = format!("make a `{}`", T::NAME);
            let value = guarded(&what, || function(init))?;
            Ok(Arc::new(Keeper(Mutex::new(value))) as Arc<dyn Object>)
        });
        MADE.set(Some(made));
        0
    }
}

/// How a server makes objects of a type.
pub(super) fn maker<T: Custom>() -> Result<Travelling> {
    travelling(T::NAME, Passed::new::<T::Init, T, Maker>(T::make))
}

/// Makes an object of a registered type.
pub(super) fn make(maker: Passed, init: Item, table: &Arc<Table>) -> Result<Arc<dyn Object>> {
    // What it is made from may have proxies, which it takes over.
    let init = Kept::new(init, table)?;
    let called = maker.call(&init.bytes(), &mut Vec::new());
    let failed = |error| Error::new(Kind::Usage, format!("make an object: {error}"));
    called.map_err(failed)?;
    let made = MADE.take();
    made.unwrap_or_else(|| Err(Error::new(Kind::Usage, "make an object of no type")))
}

struct Keeper<T>(Mutex<T>);

impl<T: Custom> Object for Keeper<T> {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let call: T::Call = decoded(call)?;
        let what = format!("call a `{}`", T::NAME);
        encoded(&guarded(&what, || lock(&self.0).call(call))?)
    }
}

/// Does the program's own work, which may wait for ever; a panic is its error.
fn guarded<R>(what: &str, work: impl FnOnce() -> R) -> Result<R> {
    fork_gate::asking(|| catch_unwind(AssertUnwindSafe(work))).map_err(|panic| {
        let text = format!("{what}, which panicked: {}", panic_text(&*panic));
        Error::new(Kind::Remote, text)
    })
}

/// An object of a program's own type in a manager.
///
/// Each call fails with `is_broken_pipe` when the manager has ended.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct CustomProxy<T> {
    proxy: Proxy,
    types: std::marker::PhantomData<fn() -> T>,
}

impl<T: Custom> CustomProxy<T> {
    /// Has the object do something, and waits for its answer.
    ///
    /// # Errors
    /// `is_remote` when it panicked; `is_serialize` when the call cannot be sent.
    pub fn call(&self, call: &T::Call) -> Result<T::Answer> {
        self.proxy.call(call)
    }
}

impl<T> sealed::Sealed for CustomProxy<T> {}

impl<T: Custom> Managed for CustomProxy<T> {
    fn class() -> Class {
        Class::Custom(T::NAME.to_owned())
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn from_proxy(proxy: Proxy) -> CustomProxy<T> {
        CustomProxy {
            proxy,
            types: std::marker::PhantomData,
        }
    }
}

impl<T> Clone for CustomProxy<T> {
    fn clone(&self) -> CustomProxy<T> {
        CustomProxy {
            proxy: self.proxy.clone(),
            types: std::marker::PhantomData,
        }
    }
}

/// Two proxies of one object are equal, whatever it holds.
impl<T> PartialEq for CustomProxy<T> {
    fn eq(&self, other: &CustomProxy<T>) -> bool {
        self.proxy == other.proxy
    }
}

impl<T> std::fmt::Debug for CustomProxy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CustomProxy").field(&self.proxy).finish()
    }
}
