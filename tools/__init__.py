"""What makes files of this repository: run by those who change them."""
