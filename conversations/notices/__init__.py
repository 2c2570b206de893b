"""What people are told of: kept where it happens, shown on the page, pushed to devices, gathered in letters."""
