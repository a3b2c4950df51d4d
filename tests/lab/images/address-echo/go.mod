module wirework/lab/address-echo

go 1.22
