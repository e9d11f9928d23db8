# Appends one line about an event of Claude Code to a file of tutti's: hook.sh FILE EVENT, the event's JSON on stdin.
# It prints nothing and never fails, because Claude Code would tell the model, or stop.
exec 2>/dev/null >&2
LC_ALL=C
export LC_ALL
# Who has no such file any more, or something else in its place, is not disturbed: all is read, and nothing written.
if [ ! -f "$1" ]; then
    cat
    exit 0
fi
# At the start of a turn what is long past goes, so that the end which is read holds how the session began.
if [ "$2" = UserPromptSubmit ] && [ -n "$(find "$1" -size +160k)" ]; then
    kept=$(grep '^{"event":"SessionStart"' "$1" | tail -n 1 && tail -n 200 "$1")
    printf '%s\n' "$kept" >"$1"
fi
# Milliseconds, where the system has them.
at=$(date +%s%N)
case $at in
    *[!0-9]*) at=$(date +%s)000 ;;
    *) at=${at%??????} ;;
esac
# No value is ever seen by a shell. A line is shorter than what is written at once, so that no two mix. Of what may be
# megabytes only the beginning is looked at, but all is read: Claude Code must not write to somebody who is gone.
{
    head -c 32768
    cat >/dev/null
} | awk -v event="$2" -v at="$at" '
    { all = all " " $0 }
    # The text of the first such key as it stands there, cut between two characters of JSON.
    function value(key, most,    text) {
        if (!match(all, "\"" key "\" *: *\"")) return ""
        text = substr(all, RSTART + RLENGTH, most)
        match(text, /^([^"\\]|\\["\\\/bfnrt]|\\u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f])*/)
        return substr(text, 1, RLENGTH)
    }
    function add(name, key, most,    text) {
        text = value(key, most)
        if (text != "") line = line ",\"" name "\":\"" text "\""
    }
    END {
        line = "{\"event\":\"" event "\",\"at\":" at
        add("session", "session_id", 64)
        add("agent", "agent_id", 64)
        if (event == "UserPromptSubmit") add("prompt", "prompt", 2000)
        if (event ~ /Tool|Permission/) add("tool", "tool_name", 100)
        if (event == "Notification") { add("type", "notification_type", 60); add("message", "message", 300) }
        # Of a conversation that 1.0 takes up again, later events name a file that it does not write to.
        if (event == "SessionStart") {
            add("transcript", "transcript_path", 1000)
            add("source", "source", 60)
            add("model", "model", 100)
        }
        if (event == "SessionEnd") add("reason", "reason", 60)
        if (event == "StopFailure") add("error", "error", 60)
        if (event ~ /^Stop/) add("message", "last_assistant_message", 1000)
        # The turn is over, and its agents go on: it will be told when they end.
        if (match(all, /"background_tasks" *: *\[/) && substr(all, RSTART) ~ /"type" *: *"subagent" *, *"status" *: *"running"/)
            line = line ",\"within\":\"running\""
        print line "}"
    }
' >>"$1"
exit 0
