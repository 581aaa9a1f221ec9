//! Every sentence of the pages, and how its placeholders are filled in.

use askama::filters::{Escaper, Html, HtmlSafe};
use askama::{FastWritable, Values};
use std::fmt;

macro_rules! sentences {
    ($($name:ident)*) => {
        /// A language: every sentence of our pages. Each field is named after its English sentence.
        pub struct Language {
            /// Its tag (RFC 5646).
            pub(crate) tag: &'static str,
            /// The primary subtag of the tags in `Accept-Language` that select it.
            pub(crate) asked_for: &'static str,
            $(pub(crate) $name: Sentence,)*
        }

        #[cfg(test)]
        impl Language {
            pub(super) fn sentences(&self) -> Vec<(&'static str, Sentence)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

sentences! {
    allow_question it_calls_itself nothing not_that_vendor_described not_that_vendor_answered
    operator_knows_it operator_knows_it_on_your_machine described_at said_to_be_described_at registered_itself
    named_no_resource it_could answer_goes_to on_your_machine signed_in_as deny allow is_it_elsewhere allow_and_show what_is_connected
    not_you another_account use_permission see_who_you_are
    both_could see_email see_name
    cookies_needed allow_cookies
    sign_in asks_to_use nameless_asks_to_use nameless sign_in_for_account name password
    sign_in_elsewhere sign_in_elsewhere_for_account choose_where choose_where_for_account
    sign_in_at
    not_signed_in too_late not_identified code_not_accepted provider_has_trouble provider_refuses other_issuer
    answer_incomplete unknown_sign_in provider_away server_away provider_unusable not_allowed no_email
    email_not_said_to_be_verified email_not_verified other_domain other_organization no_groups groups_left_out
    other_groups invitation_not_accepted organization_hidden try_again start_again
    resource_denied resource_not_for sign_in_once_more
    sent_on if_nothing_happens continue_to browser_may_ask
    one_thing_left copy_address address keep_it_secret
    failed fault_is_ours wait_and_load_again fault_lasts fault_is_theirs go_back_and_start_again tell_it
    sign_in_server sends_you_here connect_a_program how_to_connect does_not_connect every_error
    connections account_of nothing_connected nothing_here_connected described_there it_can both_can connected last_seen
    connected_from connected_by doubted disconnect disconnect_this more disconnect_all sign_out_here forgets_you lost_a_device
    sign_out_everywhere change_password current_password new_password new_password_again password_rule
    ends_other_sessions password_changed other_sessions_ended still_connected just_now minute_ago minutes_ago hour_ago hours_ago day_ago days_ago
    no_match too_many_wrong_passwords too_old user_changed choose signed_out signed_out_some_connected some_connected
    wrong_password too_short too_long not_repeated unchanged session_ended
}

/// A sentence of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sentence(pub(crate) &'static str);

/// A sentence with values for its placeholders.
pub(crate) struct Filled {
    sentence: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Sentence {
    /// The sentence with this value for this placeholder. The value is untrusted text, and is escaped.
    pub(crate) fn with(self, place: &'static str, value: impl fmt::Display) -> Filled {
        Filled { sentence: self.0, values: Vec::new() }.with(place, value)
    }

    /// The sentence with this value as plain text, for use without markup.
    pub(crate) fn plain(self, name: &str, value: &str) -> String {
        self.0.replace(&format!("{{{name}}}"), value)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A sentence has no characters of markup, so a page writes it as it is.
impl HtmlSafe for Sentence {}

impl FastWritable for Sentence {
    fn write_into(&self, page: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(page.write_str(self.0)?)
    }
}

impl fmt::Display for Filled {
    /// Writes HTML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl FastWritable for Filled {
    fn write_into(&self, page: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(self.write(page)?)
    }
}

impl Filled {
    /// Adds the value of another placeholder.
    pub(crate) fn with(mut self, place: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// Writes HTML.
    fn write(&self, page: &mut dyn fmt::Write) -> fmt::Result {
        let mut is_strong = false;
        let mut rest = self.sentence;
        while let Some(at) = rest.find(['*', '{']) {
            page.write_str(&rest[..at])?;
            let behind = &rest[at + 1..];
            rest = match behind.split_once('}') {
                Some((place, behind)) if rest[at..].starts_with('{') => {
                    self.fill(place, page)?;
                    behind
                }
                _ => {
                    page.write_str(if is_strong { "</strong>" } else { "<strong>" })?;
                    is_strong = !is_strong;
                    behind
                }
            };
        }
        page.write_str(rest)
    }

    /// Writes a value, escaped and in `<bdi>`, so that right-to-left text does not change the text around it.
    fn fill(&self, place: &str, page: &mut dyn fmt::Write) -> fmt::Result {
        let value =
            self.values.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| value.as_str());
        page.write_str("<bdi>")?;
        Html.write_escaped_str(&mut *page, value)?;
        page.write_str("</bdi>")
    }
}
