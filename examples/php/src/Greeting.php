<?php
namespace Hello;

class Greeting
{
    public function text(): string
    {
        return 'Hello from PHP';
    }
}
