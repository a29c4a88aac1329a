module cluster.local/relay

go 1.26.0
