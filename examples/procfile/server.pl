use strict;
use warnings;
use IO::Socket::INET;

$SIG{TERM} = sub { exit };

my $port = $ENV{PORT} // 8080;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    my $body = "Hello from Perl\n";
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n", $body;
    close $client;
}
