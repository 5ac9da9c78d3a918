"""config 配置: settings, root addresses, bindings of ports to the packages that fulfil them."""
