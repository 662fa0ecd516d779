import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;

/** TrustStore PEM OLD NEW: the old store with all certificates of the file; keytool would take one run for each. */
class TrustStore {
    private static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] args) throws Exception {
        KeyStore store;
        try (InputStream old = new FileInputStream(args[1])) {
            store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(old, PASSWORD);
        }
        int count = 0;
        try (InputStream pem = new FileInputStream(args[0])) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                if (store.getCertificateAlias(each) == null) store.setCertificateEntry("nagi-" + count++, each);
            }
        }
        try (FileOutputStream out = new FileOutputStream(args[2])) {
            store.store(out, PASSWORD);
        }
    }
}
