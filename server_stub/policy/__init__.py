"""What differs between RA units: data files, validated at start. No unit is named in code."""
