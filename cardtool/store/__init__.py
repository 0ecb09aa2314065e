"""What this computer keeps: secrets in the OS keyring; certificate stores come with their own modules."""
