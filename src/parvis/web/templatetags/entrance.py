"""What the pages on the way in need to know of the address that they were opened at."""

import ipaddress

from django import template
from django.template.context import RequestContext

register = template.Library()


@register.simple_tag(takes_context=True)
def takes_passkeys(context: RequestContext) -> bool:
    """Browsers tie a passkey to a name; a bare address such as 127.0.0.1 cannot have one."""
    host = context["request"].get_host()
    host = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
