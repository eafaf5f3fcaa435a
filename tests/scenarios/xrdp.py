"""Files of xrdp and sesman with what the programs make of them, as asked of 0.9.21 (Debian 12) and 0.10.1 (Debian 13)."""

from __future__ import annotations

SESMAN, XRDP = "/etc/xrdp/sesman.ini", "/etc/xrdp/xrdp.ini"
# Seconds of IdleTimeLimit that `xrdp-sesman --dump-config` told, 0 for never.
LIMITS = {
    "[Sessions]\nIdleTimeLimit=900\n": 900,
    "[sessions]\nidletimelimit = 900 \n": 900,
    " [Sessions] \n IdleTimeLimit=900\n": 900,
    "[Sessions]\nIdleTimeLimit=900\nIdleTimeLimit=0\n": 0,
    "[Sessions]\nIdleTimeLimit=0\nIdleTimeLimit=900\n": 900,
    # The first section of a name hides the others.
    "[Sessions]\nIdleTimeLimit=900\n[Other]\na=b\n[Sessions]\nIdleTimeLimit=0\n": 900,
    "[Sessions]\na=b\n[Other]\na=b\n[Sessions]\nIdleTimeLimit=900\n": 0,
    "[Sessions]\nIdleTimeLimit=900\n[Other]\nIdleTimeLimit=0\n": 900,
    "[Sessions]\nIdleTimeLimit=0x384\n": 0,
    "[Sessions]\nIdleTimeLimit=0384\n": 384,
    "[Sessions]\n#IdleTimeLimit=900\n": 0,
    "[Sessions]\n;IdleTimeLimit=900\n": 0,
    "# [Sessions] x\nIdleTimeLimit=900\n": 0,
    "[Sessions]\nIdleTimeLimit=901\n": 901,
    "[Sessions]\nIdleTimeLimit=900 # 15 minutes\n": 900,
    "[Sessions]\nIdleTimeLimit=900;0\n": 900,
    # A line without a sign takes the limit away, and so does a section that begins in a value.
    "[Sessions]\nIdleTimeLimit=900\nIdleTimeLimit\n": 0,
    "[Sessions]\na=[Other]\nIdleTimeLimit=900\n": 0,
    # Digits count up to the first other sign, whatever unit it was meant to be.
    "[Sessions]\nIdleTimeLimit=900s\n": 900,
    "[Sessions]\nIdleTimeLimit=+15m\n": 15,
    "[Sessions]\nIdleTimeLimit=901s\n": 901,
    "[Sessions]\nIdleTimeLimit=-5\n": 0,
    "[Sessions]\nIdleTimeLimit==900\n": 0,
    "[[Sessions]]\nIdleTimeLimit=900\n": 900,
    "[Sessions]\nIdleTimeLimit=900\n]x[y]\nIdleTimeLimit=0\n": 900,
    "[Sessions]\nIdleTimeLimit=900\nx[y\nIdleTimeLimit=0\n": 0,
    # From the middle of a line of 2 KiB on a bracket begins no section.
    "[Sessions]\nIdleTimeLimit=900\nx=" + "y" * 1010 + "[Other]\nIdleTimeLimit=0\n": 900,
    "[Sessions]\nIdleTimeLimit=900\nx=" + "y" * 1025 + "[Other]\nIdleTimeLimit=0\n": 0,
    "[Sessions]\nIdleTimeLimit=900\nx\0" + "y" * 3000 + "\nIdleTimeLimit=0\n": 900,
}

LINES = "ssl_protocols=TLSv1.2\n"
# Whether xrdp refused a client that asked for no TLS, and spoke with one that did nothing older than TLS 1.2 and no suite without key or encryption.
SECURITY = {
    "[Globals]\nsecurity_layer=negotiate\nssl_protocols=TLSv1.2, TLSv1.3\n": False,
    "[Globals]\nsecurity_layer=tls\nssl_protocols=TLSv1.2, TLSv1.3\n": True,
    "[globals]\nSECURITY_LAYER=TLS\nssl_protocols=TLSv1.3\n": True,
    "[Globals]\nsecurity_layer=tls # x\nssl_protocols=TLSv1.2 ; TLSv1\n": True,
    "[Globals]\nsecurity_layer=hybrid\n" + LINES: False,
    "[Globals]\n" + LINES: False,
    "[Globals]\nsecurity_layer=tls\nsecurity_layer=negotiate\n" + LINES: False,
    "[Globals]\nsecurity_layer=tls\nsecurity_layer\n" + LINES: False,
    "[Globals]\nsecurity_layer=tls\nfoo=[Xorg]\nsecurity_layer=negotiate\n" + LINES: False,
    "a=[Globals]\nsecurity_layer=tls\n" + LINES: True,
    "[ Globals ]\nsecurity_layer=tls\n" + LINES: False,
    "[Globals]\rsecurity_layer=tls\rssl_protocols=TLSv1.2\r": True,
    "[Other]\nx=y #[Globals]\nsecurity_layer=tls\n[Globals]\nsecurity_layer=negotiate\n" + LINES: False,
    "[Globals]\nsecurity_layer=\v tls\x01\n" + LINES: True,
    "[Globals]\nsecurity_layer=$LAYER\n" + LINES: False,
    "[Globals]\nsecurity_layer=tls\nssl_protocols=TLSv1, TLSv1.2\n": False,
    # No old one is taken, and no new one either.
    "[Globals]\nsecurity_layer=tls\nssl_protocols=tlsv1.2\n": False,
    # A tab parts no words, so that neither is one that xrdp knows.
    "[Globals]\nsecurity_layer=tls\nssl_protocols=TLSv1.2,\tTLSv1,TLSv1.3\n": True,
    "[Globals]\nsecurity_layer=tls\ntls_ciphers=ALL:eNULL\n" + LINES: True,
    "[Globals]\nsecurity_layer=tls\ntls_ciphers=ALL:eNULL:@SECLEVEL=0\n" + LINES: False,
}
