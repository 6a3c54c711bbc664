//! Pages of a column chunk, checked for what the decoder takes for granted.

use parquet::{
    basic::Encoding,
    column::{
        page::{Page, PageMetadata, PageReader},
        reader::{ColumnReader, get_column_reader},
    },
    errors::{ParquetError, Result},
    file::reader::RowGroupReader,
};

/// Reader of a column of a row group. Damaged pages give errors, where the decoder by itself would panic.
pub(crate) fn column_reader(group: &dyn RowGroupReader, column: usize) -> Result<ColumnReader> {
    let pages = CheckedPages {
        inner: group.get_column_page_reader(column)?,
        has_dictionary: false,
        values_left: group.metadata().column(column).num_values(),
    };
    Ok(get_column_reader(group.metadata().schema_descr().column(column), Box::new(pages)))
}

struct CheckedPages {
    inner: Box<dyn PageReader>,
    has_dictionary: bool,
    /// Values that the footer promises and no page has held yet: a page must not promise more than there is memory.
    values_left: i64,
}

impl CheckedPages {
    fn check(&mut self, page: &Page) -> Result<()> {
        let refers_to_dictionary = matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
        if matches!(page, Page::DictionaryPage { .. }) {
            self.has_dictionary = true;
            return Ok(());
        }
        if refers_to_dictionary && !self.has_dictionary {
            return Err(ParquetError::General("a page refers to a dictionary that is not there".into()));
        }
        if matches!(page.encoding(), Encoding::DELTA_BINARY_PACKED) {
            // Its decoder panics on damaged pages. N-body's indices are written so, and never read.
            return Err(ParquetError::General("a page holds differences, which no column that is read does".into()));
        }
        self.values_left -= i64::from(page.num_values());
        if self.values_left < 0 {
            return Err(ParquetError::General("its pages hold more values than the footer says".into()));
        }
        Ok(())
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of a file that nobody wrote.
    struct Invented(Vec<Page>);

    impl PageReader for Invented {
        fn get_next_page(&mut self) -> Result<Option<Page>> {
            Ok(self.0.pop())
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
            Ok(None)
        }

        fn skip_next_page(&mut self) -> Result<()> {
            Ok(())
        }
    }

    impl Iterator for Invented {
        type Item = Result<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    fn page(num_values: u32, encoding: Encoding) -> Page {
        let levels = Encoding::RLE;
        let (def_level_encoding, rep_level_encoding) = (levels, levels);
        let buf = bytes::Bytes::new();
        Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics: None }
    }

    /// What is said about pages of which the footer promises ten values.
    fn refused(pages: Vec<Page>) -> Option<String> {
        let inner = Box::new(Invented(pages));
        let checked = CheckedPages { inner, has_dictionary: false, values_left: 10 };
        checked.filter_map(Result::err).map(|error| error.to_string()).next()
    }

    #[test]
    fn pages_hold_no_more_values_than_the_footer_says() {
        assert_eq!(refused(vec![page(4, Encoding::PLAIN), page(6, Encoding::PLAIN)]), None);
        for pages in [vec![page(u32::MAX, Encoding::PLAIN)], vec![page(5, Encoding::PLAIN), page(6, Encoding::PLAIN)]] {
            let said = refused(pages).unwrap();
            assert!(said.contains("its pages hold more values than the footer says"), "{said}");
        }
    }

    #[test]
    fn encodings_whose_decoder_panics_on_damage_are_refused() {
        let said = refused(vec![page(4, Encoding::DELTA_BINARY_PACKED)]).unwrap();
        assert!(said.contains("a page holds differences"), "{said}");
        let said = refused(vec![page(4, Encoding::RLE_DICTIONARY)]).unwrap();
        assert!(said.contains("a dictionary that is not there"), "{said}");
    }
}
