"""Writing files: whole or not at all, never in place of a device, and with which rights."""
