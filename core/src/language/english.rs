//! The sentences in English.

use crate::language::sentences::{Language, Sentence as S};

pub(super) const LANGUAGE: Language = Language {
    tag: "en",
    asked_for: "en",

    // Consent page.
    allow_question: S("Let this program in?"),
    it_calls_itself: S("It calls itself"),
    nothing: S("nothing"),
    not_that_vendor_described: S(
        "This is not {vendor}, though its name suggests it: it is described at *{place}*. Deny it unless you know why.",
    ),
    not_that_vendor_answered: S(
        "This is not {vendor}, though its name suggests it: its answer goes to *{place}*. Deny it unless you know why.",
    ),
    operator_knows_it: S("The operator of this server knows it."),
    operator_knows_it_on_your_machine: S(
        "The operator of this server knows it. Any program on your machine could say that it is this one.",
    ),
    described_at: S("It is the program described at *{host}* ({id}). No one else has verified its name."),
    said_to_be_described_at: S(
        "It says that it is the program described at *{host}* ({id}). Any program on your machine could say so.",
    ),
    registered_itself: S("It registered itself. No one has verified its name."),
    named_no_resource: S("It did not say which server it wants to use. It will get access to *{resource}*."),
    it_could: S("At *{resource}* ({address}) it could:"),
    answer_goes_to: S("Your answer goes to"),
    on_your_machine: S("{place}, a program on your own machine"),
    signed_in_as: S("You are signed in as"),
    deny: S("Deny"),
    allow: S("Allow"),
    is_it_elsewhere: S("Does the program run on another machine, where you are connected by a terminal?"),
    allow_and_show: S("Allow, and show me its answer"),
    what_is_connected: S("What you have connected"),
    not_you: S("Not you?"),
    another_account: S("Use another account"),
    use_permission: S("use the permission “{scope}”"),
    see_who_you_are: S("see who you are, and your own data"),
    both_could: S("Both the program and *{resource}* could:"),
    see_email: S("see your email address, {email}"),
    see_name: S("see your name, {name}"),

    // Sign-in page.
    sign_in: S("Sign in"),
    asks_to_use: S(
        "A program that calls itself *{client}* asks to use {resource}. Sign in first; you decide on the next page.",
    ),
    nameless_asks_to_use: S(
        "A program without a name asks to use {resource}. Sign in first; you decide on the next page.",
    ),
    nameless: S("A program without a name"),
    sign_in_for_account: S("Sign in to see what you have connected."),
    name: S("Name"),
    password: S("Password"),
    sign_in_elsewhere: S("You sign in at {provider}, and decide when you are back."),
    sign_in_elsewhere_for_account: S("Sign in at {provider} to see what you have connected."),
    choose_where: S("Choose where you sign in. You decide when you are back."),
    choose_where_for_account: S("Choose where you sign in to see what you have connected."),
    sign_in_at: S("Sign in at {provider}"),

    // The page for a browser that sent no cookie.
    cookies_needed: S("This server needs cookies"),
    allow_cookies: S(
        "Your browser sent no cookie of this server. It keeps none, or you began in another browser. Allow cookies for this server, and try again. Nothing was given away.",
    ),

    // After the return from an identity provider.
    not_signed_in: S("You are not signed in"),
    too_late: S("That took too long, or began in another browser. Nothing was given away."),
    not_identified: S("{provider} did not say who you are. Nothing was given away."),
    code_not_accepted: S(
        "{provider} did not accept the code that your browser brought back. This happens when the page is loaded a second time. Nothing was given away.",
    ),
    provider_has_trouble: S(
        "{provider} reports a problem of its own. Nothing was given away. Wait a few seconds, and start again.",
    ),
    provider_refuses: S(
        "{provider} does not accept the request of this server. You did nothing wrong. It does not work until the operator of this server has fixed it: tell the operator, with the number below.",
    ),
    other_issuer: S(
        "The answer does not come from {provider}, where you were sent to sign in. It was not used, and nothing was given away.",
    ),
    answer_incomplete: S(
        "The answer of {provider} is incomplete. It was not used, and nothing was given away.",
    ),
    unknown_sign_in: S(
        "This address does not belong to a sign-in that began at this server. Go back to the program that you came from, and start again there.",
    ),
    provider_away: S(
        "{provider} does not answer this server at the moment. You did nothing wrong, and nothing was given away. Wait a few seconds, and start again.",
    ),
    server_away: S(
        "This server cannot complete the sign-in at the moment. You did nothing wrong, and nothing was given away. Wait a few seconds, and start again.",
    ),
    provider_unusable: S(
        "This server cannot use the answer of {provider}. You did nothing wrong. It does not work until the operator of this server has fixed it: tell the operator, with the number below.",
    ),
    not_allowed: S(
        "{provider} knows you as *{name}*, but this account may not sign in here. If it should, tell the operator of this server, with the number below.",
    ),
    no_email: S("{provider} did not tell this server your email address."),
    email_not_said_to_be_verified: S("{provider} did not say whether it has verified your email address."),
    email_not_verified: S("{provider} has not verified your email address. Verify it there, and try again."),
    other_domain: S("Your email address is not in a domain that may sign in here."),
    other_organization: S("Your account does not belong to an organization that may sign in here."),
    no_groups: S("{provider} did not tell this server your groups."),
    groups_left_out: S("{provider} left out the list of your groups, as it does for a user in many groups."),
    other_groups: S("You are not in a group that may sign in here."),
    invitation_not_accepted: S(
        "You are invited to an organization that may sign in here, and have not accepted yet. Accept the invitation at {provider}, and try again.",
    ),
    organization_hidden: S("{provider} does not let this server see whether you belong to the organization."),
    try_again: S("Try again"),
    start_again: S("Start again"),

    // The page for a user who may not use the server of a request.
    resource_denied: S("You may not use this server"),
    resource_not_for: S(
        "You are signed in as *{name}*, but this account may not use *{resource}* ({address}). If it should, tell the operator of this server, with the number below. Nothing was given away.",
    ),
    sign_in_once_more: S(
        "Were you given access after you signed in? Choose “Use another account”, and sign in once more with this one.",
    ),

    // The page that the browser leaves by itself.
    sent_on: S("You are being sent on"),
    if_nothing_happens: S("If nothing happens, use this link:"),
    continue_to: S("Continue to {place}"),
    browser_may_ask: S(
        "Your browser may ask whether to open the program. When the program goes on, you can close this page.",
    ),

    // The page with the authorization response, for a program on another machine.
    one_thing_left: S("One thing left to do"),
    copy_address: S(
        "Copy this address, and paste it where the program that you have just allowed asks for it. If it does not ask, open it on the machine where the program runs, for instance with curl.",
    ),
    address: S("Address"),
    keep_it_secret: S(
        "Another person who has it can use the program as you, within the next five minutes. Paste it into nothing else, and give it to no one, not even on request.",
    ),

    // Error page.
    failed: S("This did not work"),
    fault_is_ours: S(
        "This server cannot answer at the moment. Neither you nor the program that sent you here did anything wrong, and nothing was given away.",
    ),
    wait_and_load_again: S(
        "Wait a few seconds, and load this page again. If it goes on, tell the operator of this server, with the number below.",
    ),
    fault_lasts: S(
        "This does not work until the operator of this server has fixed something; loading the page again does not help. Neither you nor the program that sent you here did anything wrong, and nothing was given away. Tell the operator, with the number below.",
    ),
    fault_is_theirs: S("The program that sent you here asked for something that cannot be done:"),
    go_back_and_start_again: S(
        "You did nothing wrong, and nothing was given away. Go back to that program and start again; if it happens again, tell the maker of the program, or the operator of this server, with the number below.",
    ),
    tell_it: S("Tell the program, at {place}"),

    // Page at the address of this server.
    sign_in_server: S("You sign in here for programs"),
    sends_you_here: S(
        "A program sends you here when it wants to use one of these servers as you. You sign in, and decide what it may do:",
    ),
    connect_a_program: S("To connect a program, give it the address of the server that it should use."),
    how_to_connect: S("Connect a program"),
    does_not_connect: S(
        "A program does not connect? Its operator can run {command}, which says what is wrong.",
    ),
    every_error: S("Every error of this server, with its cause and its cure"),

    // Account page.
    connections: S("Your connections"),
    account_of: S("You are signed in as *{person}*. What you disconnect has to ask you again."),
    nothing_connected: S("Nothing is connected."),
    nothing_here_connected: S("Nothing on this page is connected any more."),
    described_there: S("The program described at *{host}*."),
    it_can: S("At {resource} it can"),
    both_can: S("Both it and {resource} can"),
    connected: S("Connected"),
    last_seen: S("Last seen"),
    connected_from: S("{when}, from {browser} on {system}"),
    connected_by: S("{when}, by *{issuer}*, which can connect it again without asking you"),
    doubted: S(
        "An old key of this connection was used a second time. A program that slept does that, and so does another person who has a copy. If you are not sure, disconnect it.",
    ),
    disconnect: S("Disconnect"),
    disconnect_this: S("Disconnect {client}"),
    more: S("More"),
    disconnect_all: S("Disconnect all"),
    sign_out_here: S("Sign out here"),
    forgets_you: S("Signing out here makes this browser forget you."),
    lost_a_device: S("Lost a device? To sign out everywhere ends every session and every connection."),
    sign_out_everywhere: S("Sign out everywhere"),
    change_password: S("Change your password"),
    current_password: S("Current password"),
    new_password: S("New password"),
    new_password_again: S("New password again"),
    password_rule: S(
        "At least {count} characters, such as several words. Digits and symbols are not needed.",
    ),
    ends_other_sessions: S("This browser stays signed in. All others are signed out."),
    password_changed: S("Your password is changed"),
    other_sessions_ended: S("This browser is still signed in. All others are signed out."),
    still_connected: S(
        "The programs that you have connected stay connected. If another person knew your password, disconnect every program that you do not know.",
    ),
    just_now: S("just now"),
    minute_ago: S("1 minute ago"),
    minutes_ago: S("{count} minutes ago"),
    hour_ago: S("1 hour ago"),
    hours_ago: S("{count} hours ago"),
    day_ago: S("1 day ago"),
    days_ago: S("{count} days ago"),

    // Notices about the form that was sent.
    no_match: S("The name and the password do not match."),
    too_many_wrong_passwords: S(
        "There were too many wrong passwords for this name. Try again in {minutes} minutes, or in a browser in which you have signed in before.",
    ),
    too_old: S("That page was too old, or belonged to another browser. Please try again."),
    user_changed: S("Another user is signed in by now, or no one. Please try again."),
    choose: S("Please choose one of the answers."),
    signed_out: S(
        "You are signed out everywhere, and nothing is connected any more. If another person can sign in as you, change your password.",
    ),
    signed_out_some_connected: S(
        "You are signed out everywhere, but there was no time to end every connection. Sign in, and sign out everywhere once more.",
    ),
    some_connected: S("There was no time to end every connection. Disconnect all once more."),
    wrong_password: S("The current password is wrong. Your password is not changed."),
    too_short: S("The new password is too short. It needs at least {count} characters."),
    too_long: S("The new password is too long. It can have {count} characters at most."),
    not_repeated: S("You typed two different new passwords."),
    unchanged: S("The new password is the same as the current one."),
    session_ended: S(
        "You were signed out, or the password was changed in the meantime. Sign in with the password that is right now.",
    ),
};
