# What the site adds to the settings that antsibull-docs writes.
# Without the one that fetches the indexes of other sites: ansible.rst leads to what Ansible's own documentation has.
extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_heading_anchors = 6
exclude_patterns = ["tests", "extensions", "changelogs", "locks"]
