"""sms 短信: drivers of the port ``kernel.ports.SmsSender``."""
