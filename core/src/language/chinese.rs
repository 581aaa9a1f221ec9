//! The sentences in Chinese, in simplified characters.

use crate::language::sentences::{Language, Sentence as S};

pub(super) const LANGUAGE: Language = Language {
    tag: "zh-Hans",
    asked_for: "zh",

    // Consent page.
    allow_question: S("允许此程序访问吗？"),
    it_calls_itself: S("它自称"),
    nothing: S("（没有名称）"),
    not_that_vendor_described: S(
        "虽然名称相似，但它不是 {vendor}：它的说明位于 *{place}*。除非您清楚原因，否则请拒绝。",
    ),
    not_that_vendor_answered: S(
        "虽然名称相似，但它不是 {vendor}：您的答复会发送到 *{place}*。除非您清楚原因，否则请拒绝。",
    ),
    operator_knows_it: S("此服务器的管理者认识它。"),
    operator_knows_it_on_your_machine: S("此服务器的管理者认识它。但您电脑上的任何程序都可以冒充它。"),
    described_at: S("它是 *{host}* 上说明的程序（{id}）。除此之外，没有人核实过它的名称。"),
    said_to_be_described_at: S("它声称是 *{host}* 上说明的程序（{id}）。您电脑上的任何程序都可以这样声称。"),
    registered_itself: S("它是自行注册的，没有人核实过它的名称。"),
    named_no_resource: S("它没有说明要使用哪个服务器。它将获得对 *{resource}* 的访问权限。"),
    it_could: S("在 *{resource}*（{address}），它可以："),
    answer_goes_to: S("您的答复将发送到"),
    on_your_machine: S("{place}，您自己电脑上的程序"),
    signed_in_as: S("您的登录账号"),
    deny: S("拒绝"),
    allow: S("允许"),
    is_it_elsewhere: S("该程序是否运行在您通过终端连接的另一台机器上？"),
    allow_and_show: S("允许，并向我显示答复"),
    what_is_connected: S("您已连接的程序"),
    not_you: S("不是您？"),
    another_account: S("使用其他账号"),
    use_permission: S("使用权限“{scope}”"),
    see_who_you_are: S("查看您的身份和您自己的数据"),
    both_could: S("该程序和 *{resource}* 都可以："),
    see_email: S("查看您的电子邮件地址 {email}"),
    see_name: S("查看您的姓名 {name}"),

    // Sign-in page.
    sign_in: S("登录"),
    asks_to_use: S("一个自称 *{client}* 的程序请求使用 {resource}。请先登录，下一页由您决定。"),
    nameless_asks_to_use: S("一个没有名称的程序请求使用 {resource}。请先登录，下一页由您决定。"),
    nameless: S("一个没有名称的程序"),
    sign_in_for_account: S("登录后可查看您已连接的程序。"),
    name: S("用户名"),
    password: S("密码"),
    sign_in_elsewhere: S("您将在 {provider} 登录，返回后再作决定。"),
    sign_in_elsewhere_for_account: S("在 {provider} 登录后可查看您已连接的程序。"),
    choose_where: S("请选择在哪里登录，返回后再作决定。"),
    choose_where_for_account: S("请选择在哪里登录；登录后可查看您已连接的程序。"),
    sign_in_at: S("在 {provider} 登录"),

    // The page for a browser that sent no cookie.
    cookies_needed: S("此服务器需要 Cookie"),
    allow_cookies: S(
        "您的浏览器没有发送此服务器的 Cookie：它不保存 Cookie，或者您是在另一个浏览器中开始的。请允许此服务器使用 Cookie，然后重试。没有泄露任何信息。",
    ),

    // After the return from an identity provider.
    not_signed_in: S("您尚未登录"),
    too_late: S("用时过长，或者是在另一个浏览器中开始的。没有泄露任何信息。"),
    not_identified: S("{provider} 没有确认您的身份。没有泄露任何信息。"),
    code_not_accepted: S(
        "{provider} 没有接受您的浏览器带回的代码。第二次加载此页时会发生这种情况。没有泄露任何信息。",
    ),
    provider_has_trouble: S("{provider} 报告自身出现了问题。没有泄露任何信息。请等几秒，然后重新开始。"),
    provider_refuses: S(
        "{provider} 不接受此服务器的请求。您没有做错什么。在此服务器的管理者修复之前无法登录：请把下面的编号告诉管理者。",
    ),
    other_issuer: S("此答复不是来自您前往登录的 {provider}。它没有被使用，也没有泄露任何信息。"),
    answer_incomplete: S("{provider} 的答复不完整。它没有被使用，也没有泄露任何信息。"),
    unknown_sign_in: S("此地址不属于在此服务器开始的登录。请回到您来自的程序，并在那里重新开始。"),
    provider_away: S(
        "{provider} 暂时没有答复此服务器。您没有做错什么，也没有泄露任何信息。请等几秒，然后重新开始。",
    ),
    server_away: S("此服务器暂时无法完成登录。您没有做错什么，也没有泄露任何信息。请等几秒，然后重新开始。"),
    provider_unusable: S(
        "此服务器无法使用 {provider} 的答复。您没有做错什么。在此服务器的管理者修复之前无法登录：请把下面的编号告诉管理者。",
    ),
    not_allowed: S(
        "{provider} 确认您是 *{name}*，但此账号不能在这里登录。如果应当允许，请把下面的编号告诉此服务器的管理者。",
    ),
    no_email: S("{provider} 没有把您的电子邮箱地址告诉此服务器。"),
    email_not_said_to_be_verified: S("{provider} 没有说明是否已验证您的电子邮箱地址。"),
    email_not_verified: S("{provider} 尚未验证您的电子邮箱地址。请先在那里验证，然后重试。"),
    other_domain: S("您的电子邮箱地址不属于允许在这里登录的域名。"),
    other_organization: S("您的账号不属于允许在这里登录的组织。"),
    no_groups: S("{provider} 没有把您所在的组告诉此服务器。"),
    groups_left_out: S("{provider} 省略了您所在组的列表；用户所在的组很多时会这样。"),
    other_groups: S("您不在允许在这里登录的组中。"),
    invitation_not_accepted: S(
        "您已被邀请加入允许在这里登录的组织，但尚未接受。请先在 {provider} 接受邀请，然后重试。",
    ),
    organization_hidden: S("{provider} 不允许此服务器查看您是否属于该组织。"),
    try_again: S("重试"),
    start_again: S("重新开始"),

    // The page for a user who may not use the server of a request.
    resource_denied: S("您不能使用此服务器"),
    resource_not_for: S(
        "您以 *{name}* 登录，但此账号不能使用 *{resource}*（{address}）。没有泄露任何信息。如果应当可以使用，请将下面的编号告知此服务器的管理者。",
    ),
    sign_in_once_more: S("您是在登录之后才获得访问权限的吗？请选择“使用其他账号”，再用此账号登录一次。"),

    // The page that the browser leaves by itself.
    sent_on: S("正在为您跳转"),
    if_nothing_happens: S("如果没有自动跳转，请使用此链接："),
    continue_to: S("前往 {place}"),
    browser_may_ask: S("您的浏览器可能会询问是否打开该程序。该程序继续运行后，您可以关闭此页。"),

    // The page with the authorization response, for a program on another machine.
    one_thing_left: S("还差一步"),
    copy_address: S(
        "请复制此地址，并粘贴到您刚刚允许的程序要求输入的地方。如果它没有要求，请在运行该程序的机器上打开此地址，例如使用 curl。",
    ),
    address: S("地址"),
    keep_it_secret: S(
        "在接下来的五分钟内，任何得到此地址的人都可以用您的身份使用该程序。请勿粘贴到其他地方，也不要交给任何人，无论谁向您索取。",
    ),

    // Error page.
    failed: S("操作未成功"),
    fault_is_ours: S("此服务器暂时无法答复。您和把您带到这里的程序都没有做错什么，也没有泄露任何信息。"),
    wait_and_load_again: S("请稍等几秒后重新加载此页。如果问题持续，请把下面的编号告诉此服务器的管理者。"),
    fault_lasts: S(
        "在此服务器的管理者修复之前无法使用，重新加载此页没有帮助。您和把您带到这里的程序都没有做错什么，也没有泄露任何信息。请把下面的编号告诉管理者。",
    ),
    fault_is_theirs: S("把您带到这里的程序提出了无法完成的请求："),
    go_back_and_start_again: S(
        "您没有做错什么，也没有泄露任何信息。请回到该程序重新开始；如果再次发生，请把下面的编号告诉该程序的开发者或此服务器的管理者。",
    ),
    tell_it: S("将此结果告知位于 {place} 的程序"),

    // Page at the address of this server.
    sign_in_server: S("程序需要您在这里登录"),
    sends_you_here: S("当程序想以您的身份使用以下服务器时，会把您带到这里。您登录后，由您决定它可以做什么："),
    connect_a_program: S("要连接程序，请把它应当使用的服务器地址告诉它。"),
    how_to_connect: S("连接程序"),
    does_not_connect: S("程序无法连接？管理者可以运行 {command}，它会说明问题所在。"),
    every_error: S("此服务器的所有错误、原因和解决办法"),

    // Account page.
    connections: S("您的连接"),
    account_of: S("您的登录账号是 *{person}*。断开的程序需要重新征得您的同意。"),
    nothing_connected: S("没有任何连接。"),
    nothing_here_connected: S("此页上的连接都已断开。"),
    described_there: S("*{host}* 上说明的程序。"),
    it_can: S("在 {resource}，它可以"),
    both_can: S("它和 {resource} 都可以"),
    connected: S("连接时间"),
    last_seen: S("最近使用"),
    connected_from: S("{when}，来自 {system} 上的 {browser}"),
    connected_by: S("{when}，由 *{issuer}* 连接，它可以不经询问再次连接"),
    doubted: S(
        "此连接的一个旧密钥被再次使用。休眠后恢复的程序会这样，持有副本的其他人也会这样。如果您不确定，请断开它。",
    ),
    disconnect: S("断开"),
    disconnect_this: S("断开 {client}"),
    more: S("更多"),
    disconnect_all: S("全部断开"),
    sign_out_here: S("在此退出"),
    forgets_you: S("在此退出后，此浏览器不再记得您。"),
    lost_a_device: S("设备丢失了？在所有地方退出会结束所有会话和所有连接。"),
    sign_out_everywhere: S("在所有地方退出"),
    change_password: S("更改密码"),
    current_password: S("当前密码"),
    new_password: S("新密码"),
    new_password_again: S("再次输入新密码"),
    password_rule: S("至少 {count} 个字符，例如几个词。不要求包含数字或符号。"),
    ends_other_sessions: S("此浏览器保持登录，其他浏览器都会退出。"),
    password_changed: S("密码已更改"),
    other_sessions_ended: S("此浏览器仍保持登录，其他浏览器都已退出。"),
    still_connected: S("您已连接的程序仍保持连接。如果其他人知道您原来的密码，请断开您不认识的每个程序。"),
    just_now: S("刚刚"),
    minute_ago: S("1 分钟前"),
    minutes_ago: S("{count} 分钟前"),
    hour_ago: S("1 小时前"),
    hours_ago: S("{count} 小时前"),
    day_ago: S("1 天前"),
    days_ago: S("{count} 天前"),

    // Notices about the form that was sent.
    no_match: S("用户名与密码不匹配。"),
    too_many_wrong_passwords: S(
        "此用户名的错误密码过多。请在 {minutes} 分钟后重试，或使用您曾经登录过的浏览器。",
    ),
    too_old: S("该页面已过期，或属于另一个浏览器。请重试。"),
    user_changed: S("现在登录的是其他人，或者没有人登录。请重试。"),
    choose: S("请选择其中一个答复。"),
    signed_out: S("您已在所有地方退出，所有连接都已断开。如果其他人能以您的身份登录，请更改密码。"),
    signed_out_some_connected: S(
        "您已在所有地方退出，但时间不足，部分连接尚未断开。请登录，然后再次在所有地方退出。",
    ),
    some_connected: S("时间不足，部分连接尚未断开。请再次全部断开。"),
    wrong_password: S("当前密码不正确。您的密码没有更改。"),
    too_short: S("新密码太短，至少需要 {count} 个字符。"),
    too_long: S("新密码太长，最多 {count} 个字符。"),
    not_repeated: S("两次输入的新密码不一致。"),
    unchanged: S("新密码与当前密码相同。"),
    session_ended: S("您已退出登录，或者密码刚刚被更改。请用现在的密码登录。"),
};
