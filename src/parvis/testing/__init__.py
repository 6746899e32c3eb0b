"""What tests stand on: a fixed cast, factories, a clock, platform simulators, the connector contract."""
