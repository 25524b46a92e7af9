"""What a stranger adds who follows CONTRIBUTING.md: `test_contributing` puts it into a copy."""
