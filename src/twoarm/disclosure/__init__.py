"""Disclosure: what tables may show, so that no patient can be found in them."""
