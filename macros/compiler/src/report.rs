//! The one sink of errors: all of a declaration's mistakes are collected here, each on its own token.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The token to change.
    pub span: Span,
    /// The text, with continuation lines (`help: …`).
    pub text: String,
}

impl Message {
    fn to_tokens(&self) -> TokenStream {
        let text = &self.text;
        quote_spanned! { self.span => ::core::compile_error! { #text } }
    }
}

/// Collects messages; passes ask [`Report::is_clean`] at the two barriers (after syntax, after checking).
#[derive(Debug, Default)]
pub struct Report {
    messages: Vec<Message>,
}

impl Report {
    /// Adds a message, unless the same text is already reported at the same place
    /// (a block used twice would otherwise say everything twice).
    pub fn error(&mut self, span: Span, text: impl Into<String>) {
        let text = text.into();
        let place = |s: Span| (s.start(), s.end());
        let known = self.messages.iter().any(|m| m.text == text && place(m.span) == place(span));
        if !known {
            self.messages.push(Message { span, text });
        }
    }

    /// Nothing was reported.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.messages.is_empty()
    }

    /// All messages, in the order of reporting.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// One `compile_error!` per message.
    #[must_use]
    pub fn to_tokens(&self) -> TokenStream {
        self.messages.iter().map(Message::to_tokens).collect()
    }

    /// All messages as a type: one that rustc holds to be wrong, so that no use of it is a mistake of its own. It stands once in what is
    /// emitted, for tools show an error as often as rustc finds it.
    #[must_use]
    pub fn as_type(&self, library: &TokenStream) -> TokenStream {
        let messages = self.messages.iter().map(Message::to_tokens);
        quote! { <#library::__private::broken::Unknown<{ #(#messages);* }> as #library::__private::broken::Known>::Type }
    }
}
