"""What the RA keeps and never gives away: master key, admin keys, PUKs; and what it believes a card said."""
