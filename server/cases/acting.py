"""The former place of `put_on_list`."""

from server.cases.allocating import put_on_list as put_on_list
