//! The visit of a scripted user at the authorization server: forms are filled in until a redirect leads to the client.

use super::ask::{Ask, Follow, Seen};
use super::examination::Examination;
use super::form_action;
use super::rule::Rule;
use crate::client::page::Form;
use http::{StatusCode, header};
use reqwest::Url;
use std::collections::BTreeMap;

/// The most pages and redirects. No sign-in has more.
const MOST_PAGES: usize = 20;
/// The names that a sign-in form has for the name of a user.
const NAMES: [&str; 4] = ["username", "login", "email", "user"];

pub(super) struct Visit<'a> {
    /// The authorization endpoint. Name and password go to its origin only.
    at: Url,
    redirect_uri: &'a str,
    username: String,
    password: String,
    cookies: BTreeMap<String, String>,
    has_signed_in: bool,
    /// The `Content-Security-Policy` of the page whose form was sent.
    policy: Option<String>,
}

impl<'a> Visit<'a> {
    pub(super) fn new(at: &Url, redirect_uri: &'a str, username: String, password: String) -> Self {
        let (at, cookies) = (at.clone(), BTreeMap::new());
        Self { at, redirect_uri, username, password, cookies, has_signed_in: false, policy: None }
    }

    /// Returns the URL with which the browser would come back to the client.
    pub(super) async fn walk(mut self, exam: &mut Examination, first: Ask) -> Result<Url, String> {
        let mut ask = first;
        for _ in 0..MOST_PAGES {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let page = ask.with(header::ACCEPT, "text/html").with(header::COOKIE, &cookies.join("; "));
            self.at = page.url.clone();
            let seen = exam.ask(&page.following(Follow::None)).await.ok_or("the page did not open")?;
            self.keep_cookies(&seen);
            ask = match way_on(&self.at, &seen) {
                Some(back) if back.as_str().starts_with(self.redirect_uri) => {
                    self.check_policy(exam, &seen, &back);
                    return Ok(back);
                }
                Some(next) => Ask::get(&self.same_origin(next)?),
                None => {
                    self.check_way(exam, &seen);
                    self.fill(&seen)?
                }
            };
        }
        Err(format!("the sign-in has more than {MOST_PAGES} pages"))
    }

    /// Chromium checks the redirects of a form against the policy of its page.
    fn check_policy(&self, exam: &mut Examination, seen: &Seen, back: &Url) {
        let policy = self.policy.as_deref().filter(|_| seen.status.is_redirection());
        if let Some(policy) = policy.filter(|policy| !form_action::allows(policy, &self.at, back)) {
            exam.found(
                Rule::FormAction,
                &format!("POST {}", self.at.path()),
                &format!("{policy}; a redirect to the client"),
            );
        }
    }

    /// After the sign-in, a page without a form leads nowhere. What a script of the page does is not seen.
    fn check_way(&self, exam: &mut Examination, seen: &Seen) {
        let is_page = seen.status == StatusCode::OK && Form::first(&seen.text()).is_none();
        if self.has_signed_in && is_page {
            let place = format!("GET {}", self.at.path());
            exam.found(Rule::SignInLost, &place, "a page without a form, and no redirect");
        }
    }

    fn same_origin(&self, next: Url) -> Result<Url, String> {
        if next.origin() == self.at.origin() {
            Ok(next)
        } else {
            let origin = next.origin().ascii_serialization();
            Err(format!("the sign-in goes on at {origin}, so it needs a user: give --browser"))
        }
    }

    fn fill(&mut self, page: &Seen) -> Result<Ask, String> {
        let form = Form::first(&page.text());
        if form.as_ref().is_some_and(|form| form.fields.iter().any(|(name, _)| name == "password")) {
            if self.has_signed_in {
                return Err("the name or the password is wrong".to_owned());
            }
            self.has_signed_in = true;
        }
        if page.status != StatusCode::OK {
            return Err(format!("a page of the sign-in has the status {}", page.status));
        }
        let form = form.ok_or("a page of the sign-in has no form: give --browser")?;
        self.policy = page.header("content-security-policy");
        let named = NAMES.iter().fold(form, |form, name| form.fill(name, &self.username));
        let filled = named.fill("password", &self.password).press("allow");
        let action = self.at.join(&filled.action).map_err(|error| format!("{}: {error}", filled.action))?;
        let fields: Vec<_> =
            filled.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(Ask::form(&self.same_origin(action)?, &fields))
    }

    fn keep_cookies(&mut self, seen: &Seen) {
        let cookies = seen.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        self.cookies.extend(pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())));
    }
}

/// Where a browser goes without its user: a redirect, or a refresh (HTML, "shared declarative refresh steps").
fn way_on(at: &Url, seen: &Seen) -> Option<Url> {
    let refresh = || {
        let value = seen.header("refresh")?;
        let (_, rest) = value.split_once([';', ','])?;
        let rest = rest.trim_start();
        let url = rest.get(..4).filter(|name| name.eq_ignore_ascii_case("url=")).map(|_| &rest[4..]);
        url.map(str::to_owned)
    };
    let to = seen.header("location").filter(|_| seen.status.is_redirection()).or_else(refresh)?;
    at.join(&to).ok()
}
