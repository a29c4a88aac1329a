module cluster.local/kubernetes

go 1.26.0
