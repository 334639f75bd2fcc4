//! Faults that a dialled number asks for.

use std::fmt;

use crate::base::phone_number::PhoneNumber;

/// What goes wrong with a placed call, on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The month's minutes are said to be used up.
    MinutesUsedUp,
    /// The server breaks.
    Internal,
    /// The server is not there for the moment.
    Unavailable,
}

impl Fault {
    /// The fault that a dialled number stands for.
    pub fn of_number(number: PhoneNumber) -> Option<Fault> {
        match number.digits() {
            15_005_550_129 => Some(Fault::MinutesUsedUp),
            15_005_550_150 => Some(Fault::Internal),
            15_005_550_153 => Some(Fault::Unavailable),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::MinutesUsedUp => "Monthly call minutes are used up",
            Fault::Internal => "Internal server error (the number that was dialled asks for it)",
            Fault::Unavailable => "Service unavailable (the number that was dialled asks for it)",
        })
    }
}
