module github.com/den-vasyliev/kbot

go 1.26
