# Appends a line to the file $1: the time, then $3, $4 and so on. As soon as the file holds more than $2
# bytes it is begun anew; the part before is then $1.1. Needs only sh, date, wc and mv.
umask 077
LC_ALL=C
export LC_ALL
file=$1 most=$2
shift 2
[ -e "$file" ] && [ "$(wc -c <"$file")" -gt "$most" ] && mv -f "$file" "$file.1"
echo "$(date +%s) $*" >>"$file"
