module preview-environments.sandbox/pause

go 1.27.0
