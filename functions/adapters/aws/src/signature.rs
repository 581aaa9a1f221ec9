//! AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request"), for a POST to a service.

use crate::Account;
use http::header::{AUTHORIZATION, HOST, InvalidHeaderValue};
use http::{HeaderMap, HeaderValue, Request};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign as hmac};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs a request: its path, all of its headers and its body. The name of the service is the one in its host name.
pub(crate) fn sign<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    account: &Account,
    service: &str,
    now: SystemTime,
) -> Result<(), InvalidHeaderValue> {
    let time = basic(now);
    let (date, region) = (&time[..8], &account.region);
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let host = request.uri().authority().map_or("", |authority| authority.as_str());
    let host = HeaderValue::from_str(host)?;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert("x-amz-date", HeaderValue::from_str(&time)?);
    if let Some(token) = &account.session_token {
        let mut token = HeaderValue::from_str(token)?;
        token.set_sensitive(true);
        headers.insert("x-amz-security-token", token);
    }
    let (lines, names) = canonical(request.headers());
    let body = hex(digest(&SHA256, request.body().as_ref()).as_ref());
    let canonical = format!("POST\n{}\n\n{lines}\n{names}\n{body}", request.uri().path());
    let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let signed = format!("{ALGORITHM}\n{time}\n{scope}\n{hashed}");
    let secret = format!("AWS4{}", account.secret_access_key).into_bytes();
    let parts = [date, region, service, "aws4_request", &signed];
    let signature = parts.iter().fold(secret, |key, part| mac(&key, part));
    let (key_id, signature) = (&account.access_key_id, hex(&signature));
    let authorization =
        format!("{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}");
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
    Ok(())
}

/// The headers as they are signed: a line for each, and their names.
fn canonical(headers: &HeaderMap) -> (String, String) {
    let mut headers: Vec<_> = headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    let mut lines = String::new();
    for (name, value) in &headers {
        lines += &format!("{name}:{}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    (lines, names.join(";"))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A time in the basic format of ISO 8601, in UTC: `20150830T123600Z`.
fn basic(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // Days from 0000-03-01, in cycles of 400 years: the leap day is the last day of such a year.
    let (days, seconds) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March have 31, 30, 31, 30, 31 days, again and again: 153 in five months.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (cycle * 400 + year + month / 10, (month + 2) % 12 + 1);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{year:04}{month:02}{day:02}T{hours:02}{minutes:02}{:02}Z", seconds % 60)
}

#[cfg(test)]
mod tests;
