//! The 20 realtime types that REG knows.

/// Number of realtime types.
pub(super) const TYPE_COUNT: usize = 20;

macro_rules! types {
    ($($variant:ident $code:literal,)*) => {
        /// A realtime type of REG.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum RealType {
            $(#[doc = concat!("Type `", $code, "`.")] $variant,)*
        }

        impl RealType {
            /// All types, in the order of their codes.
            pub(super) const ALL: [Self; TYPE_COUNT] = [$(Self::$variant),*];

            /// Code on the wire.
            pub(super) const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The type with this code.
            pub(super) fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    Order "00",
    Condition "02",
    Balance "04",
    PriceMove "0A",
    Trade "0B",
    BestQuote "0C",
    Depth "0D",
    ClosingQuote "0E",
    Members "0F",
    Nav "0G",
    Indicative "0H",
    Gold "0I",
    IndexLevel "0J",
    Breadth "0U",
    Info "0g",
    ElwTheory "0m",
    Session "0s",
    ElwIndicator "0u",
    Program "0w",
    Interruption "1h",
}

impl RealType {
    /// This type's bit in a mask.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}
