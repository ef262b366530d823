# Reads every host at once; answers go to the folder $1.
while read -r host port user; do
  ssh -F none -i key -o IdentitiesOnly=yes -o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=yes \
    -p "$port" "$user@$host" amd-smi static --json >"$1/$host" </dev/null &
done <hosts.txt
wait
