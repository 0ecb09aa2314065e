import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.est.ESTAuth;
import org.bouncycastle.est.ESTService;
import org.bouncycastle.est.EnrollmentResponse;
import org.bouncycastle.est.jcajce.JcaHttpAuthBuilder;
import org.bouncycastle.est.jcajce.JsseESTServiceBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * BouncyCastle's EST client (RFC 7030) at a server: asks for its CA, enrols by password and, after a line on the
 * standard input, renews by mutual TLS with a new key.
 *
 * <p>Arguments: host:port, label, PEM file of the authority TLS trusts. Input: account, password, subject, then
 * the line. Output: one line per step.
 */
public final class BouncyCastleEst {
    private static final char[] NO_PASSWORD = {};

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var trust = trusting(arguments[2]);
        var anonymous = service(arguments, trust, null);
        var authorities = ESTService.storeToArray(anonymous.getCACerts().getCertificateStore());
        say("authorities " + authorities.length);
        say("wants " + anonymous.getCSRAttributes().getAttributesResponse().getRequirements().size());

        var auth = new JcaHttpAuthBuilder(input.readLine(), input.readLine().toCharArray())
                .setProvider(new BouncyCastleProvider()).build();
        var subject = new X500Name(input.readLine());
        KeyPair first = newKey();
        X509Certificate old = enrol(anonymous, false, request(subject, first), auth);
        old.verify(issuer(authorities, old).getPublicKey());
        say("enrolled " + old.getSerialNumber() + " " + old.getPublicKey().equals(first.getPublic()));

        input.readLine();
        var mutual = service(arguments, trust, keyManagers(first, old));
        var named = X500Name.getInstance(old.getSubjectX500Principal().getEncoded());
        KeyPair second = newKey();
        X509Certificate renewed = enrol(mutual, true, request(named, second), null);
        boolean sameName = renewed.getSubjectX500Principal().equals(old.getSubjectX500Principal());
        boolean newKey = renewed.getPublicKey().equals(second.getPublic());
        say("renewed " + renewed.getSerialNumber() + " " + (sameName && newKey));
    }

    private static ESTService service(String[] arguments, X509TrustManager trust, KeyManager[] keys) {
        var builder = new JsseESTServiceBuilder(arguments[0], trust);
        builder.withLabel(arguments[1]);
        return (keys == null ? builder : builder.withKeyManagers(keys)).build();
    }

    private static X509Certificate enrol(
            ESTService service, boolean again, PKCS10CertificationRequest request, ESTAuth auth) throws Exception {
        EnrollmentResponse answer = service.simpleEnroll(again, request, auth);
        if (!answer.isCompleted()) {
            throw new IllegalStateException("not completed");
        }
        X509CertificateHolder[] made = ESTService.storeToArray(answer.getStore());
        return new JcaX509CertificateConverter().getCertificate(made[0]);
    }

    private static X509Certificate issuer(X509CertificateHolder[] authorities, X509Certificate issued)
            throws Exception {
        var name = X500Name.getInstance(issued.getIssuerX500Principal().getEncoded());
        for (X509CertificateHolder one : authorities) {
            if (one.getSubject().equals(name)) {
                return new JcaX509CertificateConverter().getCertificate(one);
            }
        }
        throw new IllegalStateException("no issuer");
    }

    private static KeyPair newKey() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static PKCS10CertificationRequest request(X500Name subject, KeyPair key) throws Exception {
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
        return new JcaPKCS10CertificationRequestBuilder(subject, key.getPublic()).build(signer);
    }

    private static X509TrustManager trusting(String file) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream pem = new FileInputStream(file)) {
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    private static KeyManager[] keyManagers(KeyPair key, X509Certificate certificate) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("old", key.getPrivate(), NO_PASSWORD, new Certificate[] {certificate});
        var factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private BouncyCastleEst() {}
}
