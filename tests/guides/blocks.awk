# Reads the marked blocks of a guide, and writes them as shell commands for `run`.
#
# A block is marked behind its language, in the words that pages do not show:
#   file=NAME    the block is the file NAME
#   install      the block installs packages into the folder
#   run          the block is run, and has to succeed
#   start=PORT   the block is started, and goes on when the port is open
#   in=COURSE    the block belongs to this course of the guide alone
BEGIN { fence = "^ *```" }
$0 ~ fence && !inside {
    inside = 1
    body = kind = value = ""
    is_here = 1
    for (i = 2; i <= NF; i++) {
        split($i, part, "=")
        if (part[1] == "in") is_here = part[2] == course
        else { kind = part[1]; value = part[2] }
    }
    next
}
$0 ~ fence {
    inside = 0
    if (kind != "" && is_here) printf "%s %s <<'END OF BLOCK'\n%sEND OF BLOCK\n", kind "_block", value, body
    next
}
inside { body = body $0 "\n" }
