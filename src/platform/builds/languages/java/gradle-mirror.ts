/**
 * Gradle takes a mirror from a script only. It stands in for the repositories that everyone uses, and leaves those of an
 * app's own alone. Written for the Gradle of Debian (4) and everything newer.
 */

const folder = "gradle";
const mountedAt = "/run/nagi-gradle";

const script = `// Fetches from MAVEN_MIRROR_URL what comes from Maven Central and the plugin portal.
def mirror = System.getenv("MAVEN_MIRROR_URL")
if (mirror) {
  def given = new URI(mirror)
  def address = new URI(given.scheme, null, given.host, given.port, given.path, null, null)
  def publicHosts = ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "plugins-artifacts.gradle.org"]
  def lead = { repositories ->
    repositories.withType(MavenArtifactRepository).all { repository ->
      if (publicHosts.contains(repository.url.host)) {
        repository.url = address
        if (given.userInfo) {
          def (user, secret) = (given.userInfo + ":").split(":", -1) as List
          repository.credentials { it.username = user; it.password = secret }
        }
      }
    }
  }
  settingsEvaluated { settings ->
    lead(settings.pluginManagement.repositories)
    // Without any, plugins come from the portal.
    if (settings.pluginManagement.repositories.empty) settings.pluginManagement.repositories.gradlePluginPortal()
    if (settings.hasProperty("dependencyResolutionManagement")) lead(settings.dependencyResolutionManagement.repositories)
  }
  allprojects { project ->
    lead(project.buildscript.repositories)
    lead(project.repositories)
  }
}
`;

/** Of the build's context. */
export const gradleFiles: Readonly<Record<string, string>> = { [`${folder}/mirror.gradle`]: script };
export const gradleMount = `--mount=type=bind,source=${folder},target=${mountedAt}`;
export const gradleOption = `--init-script ${mountedAt}/mirror.gradle`;
