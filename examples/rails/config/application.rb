require "action_controller/railtie"

module Hello
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = true
    config.hosts.clear
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE") { SecureRandom.hex(64) }
  end
end
